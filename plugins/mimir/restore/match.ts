import { PluginError, v } from "contextcore";
import { parseLine } from "../line/parse.ts";
import { readJson } from "../shape.ts";
import { type Matcher, parseSelector } from "../wire/matchers.ts";

const withMetric = v.object({ metric: v.record(v.string(), v.string()) });

/** A selector as the contract's matcher: a line of a series that fits stays, others go. Other files are not selected. */
export function createMatcher(source: string): (line: string, file: string) => string | undefined {
  const fits = parseSelector(source).map(predicate);
  return (line, file) => {
    if (file !== "metrics.json" && file !== "mimir/exemplars.json") return line;
    const labels =
      file === "metrics.json"
        ? Object.fromEntries(parseLine(line).labels)
        : readJson("a line of mimir/exemplars.json", withMetric, line).metric;
    return fits.every((matches) => matches(labels)) ? line : undefined;
  };
}

type Labels = Readonly<Record<string, string>>;

/** A label that is missing counts as empty, as in PromQL. */
function predicate({ operator, name, value }: Matcher): (labels: Labels) => boolean {
  const of = (labels: Labels): string => (Object.hasOwn(labels, name) ? (labels[name] ?? "") : "");
  if (operator === "=") return (labels) => of(labels) === value;
  if (operator === "!=") return (labels) => of(labels) !== value;
  const pattern = anchored(value);
  return operator === "=~" ? (labels) => pattern.test(of(labels)) : (labels) => !pattern.test(of(labels));
}

/** Prometheus anchors its expressions, and lets `.` match a newline. */
function anchored(source: string): RegExp {
  const insensitive = source.startsWith("(?i)");
  try {
    return new RegExp(`^(?:${insensitive ? source.slice(4) : source})$`, insensitive ? "is" : "s");
  } catch (cause) {
    throw new PluginError("invalid", `not a regular expression: ${JSON.stringify(source)}`, { cause });
  }
}
