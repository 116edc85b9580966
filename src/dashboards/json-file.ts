import { LineCounter, parseDocument } from "yaml";
import { readNamed } from "../storage/own-file.ts";

/** A dashboard has some hundred kilobytes. bytes */
const FILE_BYTES_MAX = 64 << 20;

/**
 * The text of a file that should hold JSON.
 * @throws RangeError saying what it is instead, or about where (line and column) it stops being JSON
 */
export function readJsonText(path: string): string {
  const text = decoded(readNamed(path, FILE_BYTES_MAX));
  if (text.trim() === "") throw new RangeError("it is empty");
  checkJson(text);
  return text;
}

/** How files in other encodings begin, as some programs save them. */
const MARKS = [
  {
    bytes: [0xef, 0xbb, 0xbf],
    what: "it begins with a byte order mark, which JSON does not allow: save it as UTF-8 without BOM",
  },
  { bytes: [0xff, 0xfe], what: "it is UTF-16: save it as UTF-8" },
  { bytes: [0xfe, 0xff], what: "it is UTF-16: save it as UTF-8" },
];

/** Strict, because invalid bytes would silently become other characters. */
function decoded(bytes: Uint8Array): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, index) => bytes[index] === byte));
  if (mark !== undefined) throw new RangeError(mark.what);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RangeError("it is not UTF-8 text");
  }
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new RangeError(`not valid JSON${placeOfError(text)}`);
  }
}

/** JSON is also YAML, and the YAML parser knows where the error is, unless only JSON forbids it. */
function placeOfError(text: string): string {
  const lineCounter = new LineCounter();
  const [error] = parseDocument(text, { lineCounter, prettyErrors: false }).errors;
  if (error === undefined) return " (an extra comma, a comment, or a word without quotes)";
  const { line, col } = lineCounter.linePos(error.pos[0]);
  return ` at line ${line}, column ${col}`;
}
