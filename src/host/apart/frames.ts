/**
 * Messages on a byte stream: the lengths of the JSON and of the data after it, 32 bits each, big endian, then the two. A sender
 * of more than fits in memory is cut off before it is read.
 */
import type { Packed } from "./values.ts";

const HEAD_BYTES = 8;
/** Limit for control data, which becomes objects: many small ones take ten times as much memory. bytes */
const JSON_MAX = 16 << 20;
/** Limit for texts and bytes: a step should yield about 8 MiB, most of which may be one line. bytes */
const DATA_MAX = 256 << 20;
/** Objects, lists and members of one message: each takes some hundred bytes when parsed, and twice that in transit. */
const MARKS_MAX = 1_000_000;
/** What is packed is no deeper: a hundred, each perhaps in two objects, and the message around it. See `values.ts`. */
const NESTED_MAX = 210;

/** A message that is too large, in either direction. */
class FrameError extends Error {
  override readonly name = "FrameError";
}

/** The bytes of a message, in pieces. @throws FrameError */
export function frameOf({ json, parts }: Packed): readonly Uint8Array[] {
  const text = Buffer.from(json);
  const data = parts.reduce((sum, { length }) => sum + length, 0);
  requireSizes(text.length, data);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(text.length, 0);
  head.writeUInt32BE(data, 4);
  return [Buffer.concat([head, text]), ...parts];
}

function requireSizes(json: number, data: number): void {
  if (json > JSON_MAX) throw new FrameError(`${json} bytes of values at once, and ${JSON_MAX} are allowed`);
  if (data > DATA_MAX) throw new FrameError(`${data} bytes of data at once, and ${DATA_MAX} are allowed`);
}

const [QUOTE, BACKSLASH, COMMA, LIST, LIST_END, OBJECT, OBJECT_END] = Buffer.from('"\\,[]{}');

/** Checks the raw bytes before they are parsed. @throws FrameError */
function requireShape(json: Uint8Array): void {
  let [marks, depth, quoted] = [0, 0, false];
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) quoted = !quoted;
    else if (quoted) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === COMMA) marks += 1;
    else if (byte === LIST_END || byte === OBJECT_END) depth -= 1;
    else if (byte === LIST || byte === OBJECT) {
      marks += 1;
      depth += 1;
      if (depth > NESTED_MAX) throw new FrameError(`values deeper than ${NESTED_MAX}`);
    }
    if (marks > MARKS_MAX) throw new FrameError(`more than ${MARKS_MAX} values at once`);
  }
}

/**
 * Takes bytes as they arrive, and returns each complete message.
 * @returns a function that throws FrameError for a message announced as too large, or whose JSON would become so
 */
export function createFrameReader(onFrame: (json: string, data: Uint8Array) => void) {
  const head = Buffer.alloc(HEAD_BYTES);
  let body: Buffer | undefined;
  let filled = 0;
  const begin = (): Buffer => {
    const [json, data] = [head.readUInt32BE(0), head.readUInt32BE(4)];
    requireSizes(json, data);
    // Has its own memory, because receivers keep parts of it.
    return Buffer.from(new ArrayBuffer(json + data));
  };
  const end = (whole: Buffer): void => {
    const json = head.readUInt32BE(0);
    body = undefined;
    filled = 0;
    requireShape(whole.subarray(0, json));
    onFrame(whole.toString("utf8", 0, json), new Uint8Array(whole.buffer, json));
  };
  return (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length; ) {
      const goal: Buffer = body ?? head;
      const taken = chunk.subarray(at, at + goal.length - filled);
      goal.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < goal.length) return;
      if (body !== undefined) end(body);
      else {
        body = begin();
        filled = 0;
        if (body.length === 0) end(body);
      }
    }
  };
}
