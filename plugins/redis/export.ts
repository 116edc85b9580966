/** An export: the dump of one moment as a file of bytes, or every key as a line. */
import { type Cursor, decodeCursor, encodeCursor, type Start, type Step, v } from "contextcore";
import { type Connection, type Server, withConnection, openConnection } from "./connection.ts";
import { infoOf, keyspacesIn, versionOf } from "./info.ts";
import { toLine } from "./line.ts";
import { createDumpReader } from "./rdb.ts";
import { type Reply, ReplyError, refusal } from "./reply.ts";
import { dumpOf } from "./replication.ts";

/** In a snapshot. */
export const DUMP_FILE = "redis/dump.rdb";
/** In a snapshot, of an export key by key. */
export const KEYS_FILE = "redis/keys.jsonl";

/** The first cursors. @throws PluginError */
export async function start(server: Server, read: "dump" | "keys", signal: AbortSignal): Promise<Start> {
  if (read === "dump") return { cursors: [{ restart: "whole" }], notes: { read: "replication" } };
  const found = await withConnection(server, signal, async (connection) => keyspacesIn(await infoOf(connection)));
  return {
    cursors: found.map(({ database }) => ({ database, scan: "0" })),
    problems: [{ kind: "lossy", reason: NOT_ONE_MOMENT }],
    notes: { read: "SCAN and DUMP" },
  };
}

const NOT_ONE_MOMENT =
  "The keys were read one after the other, so they are not those of one moment: what changed meanwhile may be in its state before or after.";

/** Reads the dump, and counts its keys as it goes by. @throws PluginError */
export async function* readDump(server: Server, stepBytes: number, signal: AbortSignal): AsyncGenerator<Step> {
  using connection = await openConnection(server, signal);
  const reader = createDumpReader();
  let [keys, expiring] = [0, 0];
  const note = (found: readonly { readonly expires?: bigint | undefined }[]): void => {
    keys += found.length;
    for (const { expires } of found) if (expires !== undefined) expiring += 1;
  };
  let held: Buffer[] = [];
  let size = 0;
  const piece = (counts?: Record<string, number>): Step => {
    const bytes = new Uint8Array(Buffer.concat(held));
    [held, size] = [[], 0];
    return { records: [{ kind: "bytes", file: DUMP_FILE, bytes, ...(counts !== undefined && { counts }) }] };
  };
  for await (const bytes of dumpOf(connection)) {
    note(reader.feed(bytes));
    held.push(Buffer.from(bytes));
    size += bytes.length;
    if (size >= stepBytes) yield piece();
  }
  note(reader.end());
  yield piece({ keys });
  yield { notes: { dump: `version ${reader.version()}, ${keys} keys, ${expiring} expire` } };
}

const work = v.object({ database: v.pipe(v.number(), v.integer(), v.minValue(0)), scan: v.pipe(v.string(), v.regex(/^\d+$/)) });

/** How many keys `SCAN` is asked to look at. */
const SCANNED = "500";

/** Reads some keys of one database. @throws PluginError */
export const step = (server: Server, cursor: Cursor, signal: AbortSignal): Promise<Step> =>
  withConnection(server, signal, async (connection) => {
    const { database, scan } = decodeCursor("redis", work, cursor);
    await connection.call("SELECT", `${database}`);
    const reply = await connection.call("SCAN", scan, "COUNT", SCANNED);
    const [next, names] = Array.isArray(reply) ? reply : [];
    // A key that moves meanwhile is named twice.
    const keys = new Map((Array.isArray(names) ? names : []).filter(Buffer.isBuffer).map((key) => [key.toString("latin1"), key]));
    const lines = await linesOf(connection, database, [...keys.values()]);
    const following = String(next);
    return {
      records: lines.length === 0 ? [] : [recordsOf(lines)],
      next: following === "0" ? [] : [encodeCursor({ database, scan: following })],
    };
  });

/** Keys that expired or were deleted meanwhile are none any more. */
async function linesOf(connection: Connection, database: number, keys: readonly Buffer[]): Promise<string[]> {
  const replies = await connection.callAll(keys.flatMap((key) => [["PTTL", key] as const, ["DUMP", key] as const]));
  const now = BigInt(Date.now());
  return keys.flatMap((key, n) => {
    const [ttl, dump] = [replies[2 * n] ?? null, replies[2 * n + 1] ?? null].map((reply) => sound(reply, connection));
    if (!Buffer.isBuffer(dump) || typeof ttl !== "bigint" || ttl === -2n) return [];
    return [toLine({ database, key, dump, expires: ttl < 0n ? undefined : now + ttl })];
  });
}

function sound(reply: Reply, { where }: Connection): Reply {
  if (reply instanceof ReplyError) throw refusal(reply, where, "DUMP");
  return reply;
}

/** A key has no time: it is what it was when it was read. */
function recordsOf(lines: readonly string[]) {
  const now = BigInt(Date.now()) * 1_000_000n;
  return { file: KEYS_FILE, text: lines.join(""), lines: lines.length, from: now, to: now + 1n, counts: { keys: lines.length } };
}
