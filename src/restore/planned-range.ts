/** Which part of a time line a restore is about. */
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { type Range, span } from "../units/range.ts";
import type { PlannedFile } from "./select.ts";

/** The actual time range of the data; absent when there are only objects. */
export function extentOf(files: readonly PlannedFile[]): Range | undefined {
  const [first, ...others] = files.flatMap((file) => (file.range === undefined ? [] : [file.range]));
  return first === undefined ? undefined : others.reduce(span, first);
}

/** The requested range, extended to what is there: a trace that began before it was saved whole. */
export function wholeRangeOf({ range }: ManifestPlugin, files: readonly PlannedFile[]): Range {
  const asked = range === undefined ? undefined : rangeFromText(range);
  const held = extentOf(files);
  if (asked === undefined || held === undefined) return asked ?? held ?? { from: 0n, to: 0n };
  return span(asked, held);
}
