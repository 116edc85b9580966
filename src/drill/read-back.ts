/** Reads everything back that a drill has restored: an export of the target, of the same time and by the same selector. */
import { join } from "node:path";
import { exportSnapshot } from "../export/export-snapshot.ts";
import type { RestoreTarget } from "../restore/plan.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { makeNamedDirectory } from "../storage/own-file.ts";
import { given } from "../units/given.ts";
import { fromMs, type Range, span } from "../units/range.ts";
import type { RehearsalWork } from "./work.ts";

/** What was read back. */
export interface ReadBack {
  /** The snapshot's directory. */
  readonly path: string;
  readonly saved: ManifestPlugin | undefined;
  /** Of its data with a time. */
  readonly extent: Range | undefined;
}

/** Exports the target. @throws Error when nothing could be asked of it */
export async function readRestored(
  { open, saved }: RestoreTarget,
  {
    directory,
    concurrency,
    signal,
    onProgress,
  }: Pick<RehearsalWork, "directory" | "concurrency" | "signal" | "onProgress">,
): Promise<ReadBack> {
  const to = join(directory, "read-back");
  makeNamedDirectory(to);
  const { path, manifest } = await exportSnapshot({
    backends: [{ open, request: { range: rangeOf(saved), ...given({ match: saved.match }) } }],
    failures: [],
    directory: to,
    concurrency,
    // What is there is compared record by record, so a count that only confirms another one need not be waited for.
    tuning: { recountMs: 0 },
    signal,
    onProgress: ({ done, bytes, counts, retries }) =>
      onProgress({ stage: "read", done, bytes, counts, retries }),
  });
  const [back] = manifest.plugins;
  return { path, saved: back, extent: back && extentOf(back) };
}

function extentOf({ files }: ManifestPlugin): Range | undefined {
  const ranges = files.flatMap(({ from, to }) =>
    from === undefined || to === undefined ? [] : rangeFromText({ from, to }),
  );
  const [first, ...others] = ranges;
  return first && others.reduce(span, first);
}

/** Data without a time is read whatever the range is. */
const rangeOf = ({ range }: ManifestPlugin): Range =>
  range === undefined ? { from: 0n, to: fromMs(Date.now()) } : rangeFromText(range);
