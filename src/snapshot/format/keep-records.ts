/** A line of a data file with only some of its records; every number and text of these is as it was. */
import { parseExact } from "../../units/exact-json.ts";
import { list, type Members, members } from "./members.ts";
import { pointsOf, withPoints } from "./series-line.ts";

/** Asked of one record after another, in the order of `recordsOf`. */
type IsKept = () => boolean;

/**
 * Leaves records out of a line of one of the well-known data files. A line of another file is one record.
 * @param kept which of its records stay, in the order of `recordsOf`
 * @returns `undefined` when nothing of it is left
 */
export function keepRecords(file: string, text: string, kept: readonly boolean[]): string | undefined {
  if (!kept.includes(true)) return undefined;
  if (!kept.includes(false)) return text;
  const records = kept.values();
  const isKept: IsKept = () => records.next().value === true;
  const line = members(parseExact(text));
  if (file === "logs.json") return JSON.stringify(keepEntries(line, isKept));
  if (file === "traces.json") return JSON.stringify(keepSpans(line, isKept));
  return JSON.stringify(keepSamples(line, isKept));
}

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
