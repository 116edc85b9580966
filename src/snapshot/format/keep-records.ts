/** A line of a data file with only some of its records; every number and text of these is as it was. */
import { parseExact } from "../../units/exact-json.ts";
import { formatOf } from "./formats.ts";
import type { IsKept } from "./line-format.ts";
import { members } from "./members.ts";

/**
 * Leaves records out of a line of a data file whose records are known. A line of another file is one record.
 * @returns the same text when all stay, `undefined` when none does
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
