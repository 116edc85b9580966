/**
 * A dump of everything at one moment, as a replica gets it: the server forks and sends its memory. It needs neither its disk nor
 * rights to its files. https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
 */
import { PluginError } from "contextcore";
import type { Connection } from "./connection.ts";
import { createCrc64 } from "./crc64.ts";
import { ReplyError, refusal } from "./reply.ts";

/** So many bytes of a dump, one after the other. */
interface DumpBlock {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/**
 * A dump in blocks of this size; it ends once all of it is proved by its checksum.
 * @throws PluginError `refused` where the server gives none
 */
export async function* dumpOf(connection: Connection, blockBytes: number): AsyncGenerator<DumpBlock> {
  await askAsReplica(connection);
  const crc = createCrc64();
  const ending = await beginPayload(connection);
  for await (const { bytes, isLast } of blocksOf(connection.source, ending, blockBytes)) {
    // The checksum itself is not a part of what it covers.
    const covered = isLast ? bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM)) : bytes;
    crc.update(covered);
    yield { bytes, isLast };
    if (isLast) requireChecksum(bytes.subarray(covered.length), crc.digest(), connection.where);
  }
}

const CHECKSUM = 8;

/** A server that is configured to compute none writes zeros. */
function requireChecksum(found: Uint8Array, computed: Uint8Array, where: string): void {
  if ([computed, new Uint8Array(CHECKSUM)].some((one) => Buffer.compare(one, found) === 0)) return;
  throw new PluginError("temporary", `${where}: checksum mismatch in the dump`);
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

/** By what the end of a payload is known: its size, or a mark behind it. */
type Ending =
  | { readonly size: number; readonly mark?: never }
  | { readonly mark: Buffer; readonly size?: never };

async function beginPayload({ source, where }: Connection): Promise<Ending> {
  const answer = await waitedFor(() => source.line());
  if (answer.startsWith("-")) throw notGiven(new ReplyError(answer.slice(1)), where);
  if (!answer.startsWith("+FULLRESYNC "))
    throw new PluginError("invalid", `${where} answered PSYNC with no dump`);
  const header = await waitedFor(() => source.line());
  const mark = /^\$EOF:([0-9a-zA-Z]{40})$/.exec(header)?.[1];
  if (mark !== undefined) return { mark: Buffer.from(mark) };
  const size = /^\$(\d{1,15})$/.exec(header)?.[1];
  if (size !== undefined) return { size: Number(size) };
  throw new PluginError("invalid", `${where} answered PSYNC with no dump`);
}

/** While it prepares the dump, which takes five seconds and more, a server sends empty lines. */
async function waitedFor(line: () => Promise<string>): Promise<string> {
  for (let found = await line(); ; found = await line()) if (found !== "") return found;
}

/** What has come is copied once, into the block that is handed on. The last block has the whole checksum. */
async function* blocksOf(
  source: Connection["source"],
  { size = Number.POSITIVE_INFINITY, mark }: Ending,
  blockBytes: number,
): AsyncGenerator<DumpBlock> {
  // So much is taken over into the next block, since the mark and the checksum may lie across two.
  const kept = CHECKSUM + (mark?.length ?? 0);
  const newBlock = (): Buffer => Buffer.allocUnsafeSlow(blockBytes + kept);
  let [block, filled, left] = [newBlock(), 0, size];
  while (left > 0) {
    const piece = await source.some(Math.min(left, block.length - filled));
    piece.copy(block, filled);
    const from = mark === undefined ? 0 : Math.max(0, filled - mark.length + 1);
    filled += piece.length;
    left -= piece.length;
    const end = mark === undefined ? -1 : block.subarray(0, filled).indexOf(mark, from);
    if (end >= 0) return yield { bytes: bytesOf(block, end), isLast: true };
    if (filled < block.length || left === 0) continue;
    yield { bytes: bytesOf(block, blockBytes), isLast: false };
    const rest = block.subarray(blockBytes);
    block = newBlock();
    filled = rest.copy(block);
  }
  yield { bytes: bytesOf(block, filled), isLast: true };
}

const bytesOf = ({ buffer, byteOffset }: Buffer, length: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);
