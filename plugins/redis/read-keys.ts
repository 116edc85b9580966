/** An export key by key: every key as a line, with what `DUMP` gives of it. */
import type { LineRecords, Range, Step } from "contextcore";
import { canonical } from "./canonical.ts";
import { type Connection, openConnection, type Server } from "./connection.ts";
import { infoOf, keyspacesIn } from "./info.ts";
import { toLine } from "./line.ts";
import { type Reply, ReplyError, refusal } from "./reply.ts";
import { createSeen, type Seen } from "./seen.ts";

/** In a snapshot. */
const KEYS_FILE = "redis/keys.jsonl";

/** How it is read. */
interface KeysReading {
  readonly range: Range;
  /** About how much is held at once. */
  readonly stepBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Reads all keys of all databases, in one go: where `SCAN` goes on is known to the server that it was begun on, as long as it runs.
 * @throws PluginError
 */
export async function* readKeys(server: Server, reading: KeysReading): AsyncGenerator<Step> {
  using connection = await openConnection(server, reading.signal);
  for (const { database } of keyspacesIn(await infoOf(connection)))
    yield* keysOf(connection, database, reading);
}

async function* keysOf(connection: Connection, database: number, reading: KeysReading): AsyncGenerator<Step> {
  await connection.call("SELECT", `${database}`);
  const seen = createSeen();
  for await (const keys of scanned(connection, seen))
    for (const batch of await batchesOf(connection, keys, reading.stepBytes)) {
      const lines = await linesOf(connection, database, batch);
      if (lines.length > 0) yield { records: [recordsOf(lines, reading.range)] };
    }
}

/** How many keys `SCAN` is asked to look at. */
const SCANNED = "500";

/** Every key once: one that moves while the server's table grows is named twice. @param match a pattern; default: all */
export async function* scanned(
  connection: Pick<Connection, "call">,
  seen: Seen,
  match?: string,
): AsyncGenerator<Buffer[]> {
  let cursor = "0";
  const wanted = match === undefined ? [] : ["MATCH", match];
  do {
    const reply = await connection.call("SCAN", cursor, ...wanted, "COUNT", SCANNED);
    const [next, names] = Array.isArray(reply) ? reply : [];
    yield (Array.isArray(names) ? names : []).filter(Buffer.isBuffer).filter((key) => seen.add(key));
    cursor = String(next);
  } while (cursor !== "0");
}

/** What a key takes that does not say it, because the server is old or the user may not ask. Bytes */
const UNKNOWN_BYTES = 64 << 10;

/** Keys that are asked for at once, so that their values together are no more than a step; a larger value is alone. */
async function batchesOf(connection: Connection, keys: readonly Buffer[], most: number): Promise<Buffer[][]> {
  const sizes = await connection.callAll(keys.map((key) => ["MEMORY", "USAGE", key] as const));
  const batches: Buffer[][] = [];
  let left = 0;
  for (const [at, key] of keys.entries()) {
    const size = sizes[at];
    const bytes = typeof size === "bigint" ? Number(size) : UNKNOWN_BYTES;
    if (bytes > left) {
      batches.push([]);
      left = most;
    }
    batches.at(-1)?.push(key);
    left -= bytes;
  }
  return batches;
}

/** Keys that expired or were deleted meanwhile are left out. */
async function linesOf(connection: Connection, database: number, keys: readonly Buffer[]): Promise<string[]> {
  const replies = await connection.callAll(
    keys.flatMap((key) => [["PEXPIRETIME", key] as const, ["PTTL", key] as const, ["DUMP", key] as const]),
  );
  const now = BigInt(Date.now());
  return keys.flatMap((key, n) => {
    const [time = null, ttl = null, dump = null] = replies.slice(3 * n);
    for (const reply of [ttl, dump]) requireSound(reply, connection);
    if (!Buffer.isBuffer(dump) || typeof ttl !== "bigint" || ttl === GONE) return [];
    // Before 7.0 a server tells only what is left.
    const expires = typeof time === "bigint" ? time : now + ttl;
    return [toLine({ database, key, dump: canonical(dump), expires: ttl < 0n ? undefined : expires })];
  });
}

/** What `PTTL` says of a key that is not there. Of one that never expires it says -1. */
const GONE = -2n;

function requireSound(reply: Reply, { where }: Connection): void {
  if (reply instanceof ReplyError) throw refusal(reply, where, "DUMP");
}

/** A key has no time: it belongs to the whole range. */
const recordsOf = (lines: readonly string[], range: Range): LineRecords => ({
  file: KEYS_FILE,
  text: lines.join(""),
  lines: lines.length,
  ...range,
  counts: { keys: lines.length },
});
