/** Lines of one stream, or of one series, as one line in the order of time. */
import { parseExact } from "../../units/exact-json.ts";
import { formatOf } from "./formats.ts";
import { members } from "./members.ts";
import { requiredObject } from "./required.ts";

/** Whether lines of this data file can be joined, and have to be. */
export const isJoined = (file: string): boolean => formatOf(file)?.join !== undefined;

/**
 * What the lines that can be joined have in common: the labels of their one stream, or of their series.
 * @returns `undefined` for a line that is joined with none
 */
export const joinKey = (file: string, text: string): string | undefined =>
  formatOf(file)?.join?.key(requiredObject(JSON.parse(text)));

/** Joins lines that have the same {@link joinKey}, each in the order of time. */
export function joinLines(file: string, texts: readonly string[]): string {
  const lines = texts.map((text) => members(parseExact(text)));
  return JSON.stringify(formatOf(file)?.join?.join(lines) ?? lines[0]);
}
