/** Replies of a server in RESP2. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
import { type ErrorKind, PluginError } from "contextcore";
import type { ByteSource } from "./reader.ts";

/** An error that the server answered with: `WRONGTYPE Operation …`. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
  /** Its first word. */
  readonly code: string;

  constructor(message: string) {
    super(message);
    this.code = message.split(" ", 1)[0] ?? "";
  }
}

/** A reply: binary text, a status (`OK`), a number, nothing, several, or an error. */
export type Reply = Buffer | string | bigint | null | ReplyError | readonly Reply[];

/** The most that a server accepts for one value unless it is configured otherwise, and as many elements. */
const BULK_MAX = 1 << 30;
const ELEMENTS_MAX = 1 << 20;
const DEPTH_MAX = 8;

/** Reads one reply. @throws PluginError `invalid` when it is none */
export async function readReply(source: ByteSource, depth = 0): Promise<Reply> {
  const line = await source.line();
  const rest = line.slice(1);
  switch (line[0]) {
    case "+":
      return rest;
    case "-":
      return new ReplyError(rest);
    case ":":
      return /^-?\d{1,19}$/.test(rest) ? BigInt(rest) : notAReply(line);
    case "$":
      return readBulk(source, length(line, BULK_MAX));
    case "*":
      return depth < DEPTH_MAX ? readArray(source, length(line, ELEMENTS_MAX), depth) : notAReply(line);
    default:
      return notAReply(line);
  }
}

async function readBulk(source: ByteSource, bytes: number): Promise<Buffer | null> {
  if (bytes < 0) return null;
  const found = await source.exactly(bytes + 2);
  return found.subarray(0, bytes);
}

async function readArray(
  source: ByteSource,
  elements: number,
  depth: number,
): Promise<readonly Reply[] | null> {
  if (elements < 0) return null;
  const found: Reply[] = [];
  while (found.length < elements) found.push(await readReply(source, depth + 1));
  return found;
}

function length(line: string, most: number): number {
  const found = /^.(-1|\d{1,10})$/.exec(line)?.[1];
  if (found === undefined || Number(found) > most) return notAReply(line);
  return Number(found);
}

function notAReply(line: string): never {
  const shown = JSON.stringify(line.slice(0, 40));
  throw new PluginError("invalid", `the server does not speak the Redis protocol: it answered ${shown}`, {
    hint: "Is the option `address` that of a Redis server, and does it need `tls: true`?",
  });
}

const KINDS: Readonly<Record<string, ErrorKind>> = {
  LOADING: "temporary",
  BUSY: "temporary",
  TRYAGAIN: "temporary",
  MASTERDOWN: "temporary",
  CLUSTERDOWN: "temporary",
  NOAUTH: "refused",
  WRONGPASS: "refused",
  NOPERM: "refused",
  NOREPLICAS: "refused",
  READONLY: "refused",
  MISCONF: "refused",
  OOM: "refused",
  DENIED: "refused",
};

const HINTS: Readonly<Record<string, string>> = {
  NOAUTH: "Set the options `username` and `password`.",
  WRONGPASS: "Check the options `username` and `password`.",
  NOPERM:
    "A user needs +info +ping +psync +replconf to be saved by replication, or ~* +@read +dump +scan to be saved key by key.",
  READONLY: "It is a replica: restore to its master.",
  OOM: "Raise maxmemory: the data does not fit.",
};

/** What an error of the server means to the engine. @param doing what it answered, in words: `INFO` */
export const refusal = (error: ReplyError, where: string, doing: string): PluginError =>
  new PluginError(
    KINDS[error.code] ?? "invalid",
    `${where} answered ${doing} with an error: ${error.message}`,
    {
      hint: HINTS[error.code],
      cause: error,
    },
  );
