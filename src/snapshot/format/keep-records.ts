/** Reduces a line of a data file to some of its records, whose numbers and texts stay exactly as they were. */
import { parseExact } from "../../units/exact-json.ts";
import { formatOf } from "./formats.ts";
import type { IsKept } from "./line-format.ts";
import { members } from "./members.ts";

/**
 * Removes records from a line of a data file with a known format. A line of any other file is one record.
 * @returns the same text when all stay, `undefined` when none stays
 */
export function keepRecords(file: string, text: string, isKept: IsKept): string | undefined {
  const format = formatOf(file);
  if (format?.keep === undefined) return isKept() ? text : undefined;
  let kept = 0;
  let dropped = 0;
  const left = format.keep(members(parseExact(text)), () => {
    const is = isKept();
    if (is) kept += 1;
    else dropped += 1;
    return is;
  });
  if (dropped === 0) return text;
  return kept === 0 ? undefined : JSON.stringify(left);
}
