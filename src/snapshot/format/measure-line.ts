/** Checks one line of a data file the way every reader of a snapshot does. */

import type { Json } from "../../units/json.ts";
import { messageOf } from "../../units/message-of.ts";
import type { Range } from "../../units/range.ts";
import { formatOf } from "./formats.ts";
import type { LineFacts } from "./line-format.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws Error saying where it is not JSON */
export function parseJson(bytes: Uint8Array): Json {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new Error(`is not valid JSON: ${messageOf(error)}`);
  }
}

/**
 * What the line contains. If the file's format is unknown, the line is only parsed.
 * @param file the data file, as plugins name it
 * @throws Error saying what is wrong with it
 */
export function measureLine(line: Uint8Array, file: string, range: Range | undefined): LineFacts {
  const value = parseJson(line);
  const facts = formatOf(file)?.check?.measure(value) ?? NOTHING;
  const { earliest, latest } = facts;
  if (range !== undefined && earliest !== undefined && latest !== undefined) {
    if (earliest < range.from || latest >= range.to) throw new Error("its times are outside its block's");
  }
  return facts;
}

const NOTHING: LineFacts = { counts: {} };
