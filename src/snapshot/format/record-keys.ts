/**
 * The single records in a line of a data file, each with a name that is the same wherever and with whatever others it was
 * exported: pages are cut differently each time, entries and samples are not.
 */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { Json } from "../../units/json.ts";
import { formatOf } from "./formats.ts";
import type { LineRecord } from "./line-format.ts";
import { requiredObject } from "./required.ts";

const LINE = ["lines"];

/** Takes one line of a data file apart. @throws Error when it is not what that file holds */
export function recordsOf(file: string, line: Json): Iterable<LineRecord> {
  const known = formatOf(file)?.records?.(requiredObject(line));
  if (known !== undefined) return known;
  const content = canonicalJson(line);
  return [{ identity: content, content, timeMs: 0, units: LINE }];
}
