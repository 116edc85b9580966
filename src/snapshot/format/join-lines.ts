/** Joins lines of one stream or one series into one line in time order. */
import { parseExact } from "../../units/exact-json.ts";
import { formatOf } from "./formats.ts";
import { members } from "./members.ts";
import { requiredObject } from "./required.ts";

/** Whether lines of this data file can and must be joined. */
export const isJoined = (file: string): boolean => formatOf(file)?.join !== undefined;

/**
 * What lines that can be joined have in common: the labels of their only stream, or of their series.
 * @returns `undefined` for a line that cannot be joined
 */
export const joinKey = (file: string, text: string): string | undefined =>
  formatOf(file)?.join?.key(requiredObject(JSON.parse(text)));

/** Joins lines with the same {@link joinKey}, each of them in time order. */
export function joinLines(file: string, texts: readonly string[]): string {
  const lines = texts.map((text) => members(parseExact(text)));
  return JSON.stringify(formatOf(file)?.join?.join(lines) ?? lines[0]);
}
