/** A line of a data file with only some of its records; every number and text of these is as it was. */
import { parseExact } from "../../units/exact-json.ts";
import { list, type Members, members } from "./members.ts";
import { pointsOf, withPoints } from "./series-line.ts";

/** Asked once for each record of a line, in the order of `recordsOf`. */
export type IsKept = () => boolean;

/**
 * Leaves records out of a line of one of the well-known data files. A line of another file is one record.
 * @returns the same text when all stay, `undefined` when none does
 */
export function keepRecords(file: string, text: string, isKept: IsKept): string | undefined {
  const keep = KEEP.get(file);
  if (keep === undefined) return isKept() ? text : undefined;
  let kept = 0;
  let dropped = 0;
  const left = keep(members(parseExact(text)), () => {
    const is = isKept();
    if (is) kept += 1;
    else dropped += 1;
    return is;
  });
  if (dropped === 0) return text;
  return kept === 0 ? undefined : JSON.stringify(left);
}

/** By data file, what is left of a line. */
const KEEP: ReadonlyMap<string, (line: Members, isKept: IsKept) => Members> = new Map([
  ["logs.json", keepEntries],
  ["traces.json", keepSpans],
  ["metrics.json", keepSamples],
  ["mimir/exemplars.json", keepExemplars],
]);

function keepEntries(line: Members, isKept: IsKept): Members {
  const streams = list(line.streams)
    .map((one) => ({ ...members(one), values: list(members(one).values).filter(isKept) }))
    .filter(({ values }) => values.length > 0);
  return { ...line, streams };
}

function keepSpans(line: Members, isKept: IsKept): Members {
  const resourceSpans = list(line.resourceSpans).map((resource) => ({
    ...members(resource),
    scopeSpans: list(members(resource).scopeSpans)
      .map((scope) => ({ ...members(scope), spans: list(members(scope).spans).filter(isKept) }))
      .filter(({ spans }) => spans.length > 0),
  }));
  return { ...line, resourceSpans: resourceSpans.filter(({ scopeSpans }) => scopeSpans.length > 0) };
}

function keepSamples(line: Members, isKept: IsKept): Members {
  const points = pointsOf(line).filter(isKept);
  const histograms = list(line.histograms).filter(isKept);
  return withPoints(line, points, histograms, list(line.raw).filter(isKept));
}

function keepExemplars(line: Members, isKept: IsKept): Members {
  return { ...line, exemplars: list(line.exemplars).filter(isKept) };
}
