import { isUtf8 } from "node:buffer";
import { ProtobufReader } from "../../../src/contract/contextcore.ts";
import { BROKEN_BYTE, quote } from "./labels.ts";
import { decodeSnappy } from "./snappy.ts";

/** A push as it was sent. */
export interface PushedStream {
  /** In the order sent; a protobuf push gives its text form already read. */
  readonly labels: readonly (readonly [string, string])[];
  readonly entries: readonly PushedEntry[];
}

export interface PushedEntry {
  readonly time: bigint;
  readonly line: string;
  readonly metadata: readonly (readonly [string, string])[];
}

/** Something in a push that Loki answers 400 to, in its words. */
export class DecodeError extends Error {}

/** @throws DecodeError, RangeError */
export async function decodePush(request: Request): Promise<PushedStream[]> {
  const body = new Uint8Array(await request.arrayBuffer());
  const type = request.headers.get("content-type") ?? "";
  const bytes = /gzip/.test(request.headers.get("content-encoding") ?? "") ? Bun.gunzipSync(body) : body;
  return type.startsWith("application/json")
    ? decodeJson(Buffer.from(bytes).toString())
    : decodeProtobuf(bytes);
}

interface JsonStream {
  readonly stream: Record<string, string>;
  readonly values: readonly [time: string, line: string, metadata?: Record<string, string>][];
}

function decodeJson(text: string): PushedStream[] {
  const body = parseJson(text);
  return (body.streams ?? []).map(({ stream, values }, index) => ({
    labels: Object.entries(stream),
    entries: values.map(([time, line, metadata = {}]) => {
      if (!/^-?\d+$/.test(time)) throw jsonError(text, endOfStream(text, index), BAD_TIME);
      return { time: BigInt(time), line, metadata: Object.entries(metadata) };
    }),
  }));
}

function parseJson(text: string): { streams?: JsonStream[] } {
  try {
    return JSON.parse(text);
  } catch {
    throw jsonError(text, text.length, "readStringSlowPath: unexpected end of input");
  }
}

const BAD_TIME =
  "unmarshalerDecoder: Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol";

/** As json-iterator reports: ten bytes and fifty bytes of context on each side of where it stood. */
function jsonError(text: string, at: number, what: string): DecodeError {
  const near = text.slice(Math.max(0, at - 10), at + 10);
  const wide = text.slice(Math.max(0, at - 50), at + 50);
  return new DecodeError(
    `loghttp.PushRequest.Streams: []loghttp.LogProtoStream: ${what}, ` +
      `error found in #${Math.min(10, at)} byte of ...|${near}|..., bigger context ...|${wide}|...`,
  );
}

/** Where the element `index` of the outermost array ends. */
function endOfStream(text: string, index: number): number {
  let [depth, seen] = [0, -1];
  for (const { 0: token, index: at } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth += 1;
    if (token !== "}" && token !== "]") continue;
    depth -= 1;
    if (depth === 2) seen += 1;
    if (depth === 2 && seen === index) return at + 1;
  }
  return text.length;
}

/** logproto.PushRequest: `pkg/push/push.proto`. */
function decodeProtobuf(body: Uint8Array): PushedStream[] {
  const reader = new ProtobufReader(decodeSnappy(body));
  const streams: PushedStream[] = [];
  while (reader.next()) {
    if (reader.field === 1) streams.push(decodeStream(reader.message()));
    else reader.skip();
  }
  return streams;
}

function decodeStream(reader: ProtobufReader): PushedStream {
  let labels: [string, string][] = [];
  const entries: PushedEntry[] = [];
  while (reader.next()) {
    if (reader.field === 1) labels = parseLabels(reader.string());
    else if (reader.field === 2) entries.push(decodeEntry(reader.message()));
    else reader.skip();
  }
  return { labels, entries };
}

function decodeEntry(reader: ProtobufReader): PushedEntry {
  let [time, line] = [0n, ""];
  const metadata: [string, string][] = [];
  while (reader.next()) {
    if (reader.field === 1) time = decodeTime(reader.message());
    else if (reader.field === 2) line = toText(reader.slice());
    else if (reader.field === 3) metadata.push(decodePair(reader.message()));
    else reader.skip();
  }
  return { time, line, metadata };
}

function toText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  return isUtf8(bytes) ? text : text.replaceAll("\ufffd", BROKEN_BYTE);
}

function decodeTime(reader: ProtobufReader): bigint {
  let time = 0n;
  while (reader.next()) {
    if (reader.field === 1) time += reader.int64() * 1_000_000_000n;
    else if (reader.field === 2) time += BigInt(reader.int32());
    else reader.skip();
  }
  return time;
}

function decodePair(reader: ProtobufReader): [string, string] {
  const pair: [string, string] = ["", ""];
  while (reader.next()) {
    if (reader.field === 1) pair[0] = reader.string();
    else if (reader.field === 2) pair[1] = reader.string();
    else reader.skip();
  }
  return pair;
}

/** `{app="web", env="prod"}` */
function parseLabels(text: string): [string, string][] {
  const found = [...text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return found.map(([, name = "", value = ""]) => [name, unquoted(value)]);
}

function unquoted(text: string): string {
  try {
    return JSON.parse(`"${text.replace(/\\x/g, "\\u00")}"`);
  } catch {
    throw new DecodeError(`couldn't parse labels: 1:1: parse error: invalid quoted string ${quote(text)}`);
  }
}
