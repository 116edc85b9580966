/**
 * Splits a line of a data file into records, each with an identity that is the same in every export. Pages are cut
 * differently each time, but entries and samples are not.
 */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { Json } from "../../units/json.ts";
import { formatOf } from "./formats.ts";
import type { LineRecord } from "./line-format.ts";
import { requiredObject } from "./required.ts";

const LINE = ["lines"];

/** Splits one line of a data file into records. @throws Error when the line does not belong in that file */
export function recordsOf(file: string, line: Json): Iterable<LineRecord> {
  const known = formatOf(file)?.records?.(requiredObject(line));
  if (known !== undefined) return known;
  const content = canonicalJson(line);
  return [{ identity: content, content, timeMs: 0, units: LINE }];
}
