/** What was found of one person, as a table. */
import { erasable, type FoundPart, type Search } from "../../tasks/subject-found.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { minute } from "../../units/range.ts";
import { countedUnit } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";

/** Where it is printed. */
type Paper = Pick<Terminal, "print" | "width">;

/** A line for each place, and what could not be looked through. */
export function showFound(
  paper: Paper,
  { colors, warn }: Pick<Terminal, "colors" | "warn">,
  { parts, unsearched }: Pick<Search, "parts" | "unsearched">,
): void {
  const rows = parts.map((part) => [
    colors.dim(part.source),
    colors.bold(part.name),
    part.backend ?? "",
    countedUnit(part.count, part.unit),
    `${part.where}${timesText(part)}${part.stays === undefined ? "" : colors.yellow(`; stays: ${part.stays}`)}`,
  ]);
  printTable(paper, [{}, {}, {}, { align: "right" }, {}], rows);
  for (const { name, reason } of unsearched) warn(`${name} was not looked through: ${reason}`);
}

const timesText = ({ range }: FoundPart): string =>
  range === undefined ? "" : `, ${minute(range.from)} to ${minute(range.to)} UTC`;

/** `found 12 records in 3 places; 10 of them can be erased`. */
export function foundText({ parts }: Pick<Search, "parts">): string {
  if (parts.length === 0) return "nothing was found";
  const all = parts.reduce((sum, { count }) => sum + count, 0);
  const can = erasable(parts);
  const places = counted(new Set(parts.map(({ source, name }) => `${source} ${name}`)).size, "place");
  const text = `found ${counted(all, "record")} in ${places}`;
  return can === all ? text : `${text}; ${can.toLocaleString("en")} of them can be erased`;
}
