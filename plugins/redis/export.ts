/** An export: the dump of one moment as a file of bytes, or every key as a line. */
import {
  type Cursor,
  decodeCursor,
  encodeCursor,
  given,
  nanoseconds,
  type Range,
  type Start,
  type Step,
  v,
} from "contextcore";
import { openConnection, type Server } from "./connection.ts";
import { createDumpReader, type DumpReader } from "./rdb.ts";
import { readKeys } from "./read-keys.ts";
import { dumpOf } from "./replication.ts";
import { UnknownValue } from "./values.ts";

/** In a snapshot. */
export const DUMP_FILE = "redis/dump.rdb";
/** The first cursor: either is read in one go. */
export const start = (read: "dump" | "keys", range: Range): Start =>
  read === "dump"
    ? { cursors: [{ restart: "whole" }], notes: { read: "replication" } }
    : {
        cursors: [encodeCursor({ read, ...range, restart: "whole" })],
        problems: [{ kind: "lossy", reason: NOT_ONE_MOMENT }],
        notes: { read: "SCAN and DUMP" },
      };

const keys = v.object({
  read: v.literal("keys"),
  from: nanoseconds,
  to: nanoseconds,
  restart: v.literal("whole"),
});

/** Reads what a cursor is about. @throws PluginError */
export function read(
  server: Server,
  cursor: Cursor,
  { stepBytes, signal }: { readonly stepBytes: number; readonly signal: AbortSignal },
): AsyncGenerator<Step> {
  if (cursor.read !== "keys") return readDump(server, stepBytes, signal);
  const { from, to } = decodeCursor("redis", keys, cursor);
  return readKeys(server, { range: { from, to }, stepBytes, signal });
}

const NOT_ONE_MOMENT =
  "The keys were read one after the other, so they are not those of one moment: what changed meanwhile may be in its state before or after.";

/** Reads the dump, and counts its keys as it goes by. @throws PluginError */
async function* readDump(server: Server, stepBytes: number, signal: AbortSignal): AsyncGenerator<Step> {
  using connection = await openConnection(server, signal);
  const counter = createCounter();
  const records = (bytes: Uint8Array) => ({ kind: "bytes", file: DUMP_FILE, bytes }) as const;
  let last: Uint8Array = new Uint8Array();
  for await (const { bytes, isLast } of dumpOf(connection, stepBytes)) {
    counter.note((reader) => reader.feed(bytes));
    if (isLast) last = bytes;
    else yield { records: [records(bytes)] };
  }
  counter.note((reader) => reader.end());
  const { counts, ...told } = counter.told();
  yield { records: [{ ...records(last), ...given({ counts }) }], ...told };
}

const UNCOUNTED =
  "It was saved as the server gave it and proved by its checksum, but not counted, and can be put back as a file only.";

/** Counts the keys of a dump that goes by, as far as its values are known. */
function createCounter() {
  const reader = createDumpReader({ keeps: false });
  let [keys, expiring] = [0, 0];
  let unknown: string | undefined;
  return {
    note(read: (reader: DumpReader) => readonly { readonly expires?: bigint | undefined }[]): void {
      if (unknown !== undefined) return;
      try {
        const found = read(reader);
        keys += found.length;
        expiring += found.filter(({ expires }) => expires !== undefined).length;
      } catch (error) {
        if (!(error instanceof UnknownValue)) throw error;
        unknown = error.message;
      }
    },
    told(): Pick<Step, "problems" | "notes"> & { readonly counts?: { readonly keys: number } } {
      const version = `version ${reader.version()}`;
      if (unknown === undefined)
        return { counts: { keys }, notes: { dump: `${version}, ${keys} keys, ${expiring} expire` } };
      const reason = `T${unknown.slice(1)}. ${UNCOUNTED}`;
      return { notes: { dump: version }, problems: [{ kind: "lossy", reason }] };
    },
  };
}

/** What a cursor is about: neither a dump nor all keys can be read in parts. */
export const nameOf = ({ read }: Cursor): string => (read === "keys" ? "the keys" : "the dump");
