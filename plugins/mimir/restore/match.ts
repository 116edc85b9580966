import { v } from "contextcore";
import { parseLine } from "../line/parse.ts";
import { labelSet, readJson } from "../shape.ts";
import { fitting } from "../wire/fits.ts";
import { parseSelector } from "../wire/matchers.ts";

const exemplarLine = v.object({ metric: labelSet });

/** Where the labels stand in the lines of each file that holds series. */
const LABELS: Readonly<Record<string, (line: string) => Readonly<Record<string, string>>>> = {
  "metrics.json": (line) => Object.fromEntries(parseLine(line).labels),
  "mimir/exemplars.json": (line) => readJson("a line of mimir/exemplars.json", exemplarLine, line).metric,
};

/** A PromQL selector as the contract's matcher: lines of series that fit stay, others go. Other files are not selected. */
export function createMatcher(source: string): (line: string, file: string) => string | undefined {
  const fits = fitting(parseSelector(source));
  return (line, file) => {
    const labels = LABELS[file];
    return labels === undefined || fits(labels(line)) ? line : undefined;
  };
}
