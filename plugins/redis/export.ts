/** An export: the dump of one moment as a file of bytes, or every key as a line. */
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  type LineRecords,
  nanoseconds,
  type Range,
  type Start,
  type Step,
  v,
} from "contextcore";
import { canonical } from "./canonical.ts";
import { type Connection, openConnection, type Server, withConnection } from "./connection.ts";
import { infoOf, keyspacesIn } from "./info.ts";
import { toLine } from "./line.ts";
import { createDumpReader } from "./rdb.ts";
import { dumpOf } from "./replication.ts";
import { type Reply, ReplyError, refusal } from "./reply.ts";

/** In a snapshot. */
export const DUMP_FILE = "redis/dump.rdb";
/** In a snapshot, of an export key by key. */
const KEYS_FILE = "redis/keys.jsonl";

/** The first cursors. @throws PluginError */
export async function start(
  server: Server,
  { read, range }: { readonly read: "dump" | "keys"; readonly range: Range },
  signal: AbortSignal,
): Promise<Start> {
  if (read === "dump") return { cursors: [{ restart: "whole" }], notes: { read: "replication" } };
  const found = await withConnection(server, signal, async (connection) =>
    keyspacesIn(await infoOf(connection)),
  );
  return {
    cursors: found.map(({ database }) => encodeCursor({ database, scan: "0", ...range })),
    problems: [{ kind: "lossy", reason: NOT_ONE_MOMENT }],
    notes: { read: "SCAN and DUMP" },
  };
}

const NOT_ONE_MOMENT =
  "The keys were read one after the other, so they are not those of one moment: what changed meanwhile may be in its state before or after.";

/** Reads the dump, and counts its keys as it goes by. @throws PluginError */
export async function* readDump(
  server: Server,
  stepBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Step> {
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

const work = v.object({
  database: v.pipe(v.number(), v.integer(), v.minValue(0)),
  scan: v.pipe(v.string(), v.regex(/^\d+$/)),
  from: nanoseconds,
  to: nanoseconds,
});

/** How many keys `SCAN` is asked to look at. */
const SCANNED = "500";

/** Reads some keys of one database. @throws PluginError */
export const step = (server: Server, cursor: Cursor, signal: AbortSignal): Promise<Step> =>
  withConnection(server, signal, async (connection) => {
    const { database, scan, ...range } = decodeCursor("redis", work, cursor);
    await connection.call("SELECT", `${database}`);
    const reply = await connection.call("SCAN", scan, "COUNT", SCANNED);
    const [next, names] = Array.isArray(reply) ? reply : [];
    // A key that moves meanwhile is named twice.
    const keys = new Map(
      (Array.isArray(names) ? names : []).filter(Buffer.isBuffer).map((key) => [key.toString("latin1"), key]),
    );
    const lines = await linesOf(connection, database, [...keys.values()]);
    const following = String(next);
    return {
      records: lines.length === 0 ? [] : [recordsOf(lines, range)],
      next: following === "0" ? [] : [encodeCursor({ ...cursor, scan: following })],
    };
  });

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

/** What a cursor is about: neither a dump nor a page of keys can be read in parts. */
export function nameOf(cursor: Cursor): string {
  if (cursor.restart === "whole") return "the dump";
  const { database, scan } = decodeCursor("redis", work, cursor);
  return scan === "0" ? `keys of database ${database}` : `keys of database ${database} from cursor ${scan}`;
}
