/**
 * A dump of everything at one moment, as a replica gets it: the server forks and sends its memory. It needs neither its disk nor
 * rights to its files. https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
 */
import { PluginError } from "contextcore";
import type { Connection } from "./connection.ts";
import { createCrc64 } from "./crc64.ts";
import { ReplyError, refusal } from "./reply.ts";

/** The bytes of a dump in pieces, proved at its end by its checksum. @throws PluginError `refused` where the server gives none */
export async function* dumpOf(connection: Connection): AsyncGenerator<Buffer> {
  await askAsReplica(connection);
  const crc = createCrc64();
  let tail: Buffer = Buffer.alloc(0);
  for await (const piece of payloadOf(connection)) {
    // The checksum itself is not a part of what it covers.
    const all = tail.length === 0 ? piece : Buffer.concat([tail, piece]);
    const covered = all.subarray(0, Math.max(0, all.length - CHECKSUM));
    tail = all.subarray(covered.length);
    crc.update(covered);
    if (covered.length > 0) yield covered;
  }
  requireChecksum(tail, crc.digest(), connection.where);
  yield tail;
}

const CHECKSUM = 8;

/** A server that is configured to compute none writes zeros. */
function requireChecksum(found: Buffer, computed: Buffer, where: string): void {
  if (found.length === CHECKSUM && (found.equals(computed) || found.equals(Buffer.alloc(CHECKSUM)))) return;
  throw new PluginError("temporary", `${where}: the dump does not match its checksum`);
}

/**
 * `rdb-only` is known from 7.0 on: an older server keeps a buffer of what comes after the dump until we are gone. Valkey writes a
 * dump that the replica's version can read, so it is told one that reads everything.
 */
async function askAsReplica({ callAll, where, send }: Connection): Promise<void> {
  const [port = null] = await callAll([
    ["REPLCONF", "listening-port", "0"],
    ["REPLCONF", "capa", "eof", "capa", "psync2"],
    ["REPLCONF", "rdb-only", "1"],
    ["REPLCONF", "version", "255.255.255"],
  ]);
  if (port instanceof ReplyError) throw notGiven(port, where);
  send("PSYNC", "?", "-1");
}

/** Managed services refuse it, and some rename the command. */
function notGiven(error: ReplyError, where: string): PluginError {
  const { kind } = refusal(error, where, "PSYNC");
  const message = `${where} gives no dump to replicas (${error.message}): \`read: keys\` saves it key by key, which is not one moment`;
  return new PluginError(kind === "temporary" ? kind : "refused", message, { cause: error });
}

async function* payloadOf({ source, where }: Connection): AsyncGenerator<Buffer> {
  const answer = await waitedFor(() => source.line());
  if (answer.startsWith("-")) throw notGiven(new ReplyError(answer.slice(1)), where);
  if (!answer.startsWith("+FULLRESYNC "))
    throw new PluginError("invalid", `${where} answered PSYNC with no dump`);
  const header = await waitedFor(() => source.line());
  const mark = /^\$EOF:([0-9a-zA-Z]{40})$/.exec(header)?.[1];
  const size = /^\$(\d{1,15})$/.exec(header)?.[1];
  if (mark !== undefined) yield* untilMark(source, Buffer.from(mark));
  else if (size !== undefined) yield* ofSize(source, Number(size));
  else throw new PluginError("invalid", `${where} answered PSYNC with no dump`);
}

/** While it prepares the dump, which takes five seconds and more, a server sends empty lines. */
async function waitedFor(line: () => Promise<string>): Promise<string> {
  for (let found = await line(); ; found = await line()) if (found !== "") return found;
}

const PIECE = 1 << 20;
type Source = Connection["source"];

async function* ofSize(source: Source, size: number): AsyncGenerator<Buffer> {
  for (let missing = size; missing > 0; ) {
    const piece = await source.some(Math.min(missing, PIECE));
    missing -= piece.length;
    yield piece;
  }
}

/** The mark may lie across two pieces, so as much as it is long is held back. */
async function* untilMark(source: Source, mark: Buffer): AsyncGenerator<Buffer> {
  for (let held: Buffer = Buffer.alloc(0); ; ) {
    const piece = await source.some(PIECE);
    const all = held.length === 0 ? piece : Buffer.concat([held, piece]);
    const end = all.indexOf(mark);
    if (end >= 0) return yield all.subarray(0, end);
    const done = Math.max(0, all.length - mark.length + 1);
    if (done > 0) yield all.subarray(0, done);
    held = all.subarray(done);
  }
}
