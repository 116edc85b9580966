import { PluginError } from "contextcore";
import type { Matcher } from "./matchers.ts";

type LabelsByName = Readonly<Record<string, string>>;

/** Whether a series' labels fit all the matchers. A label that is missing counts as empty, as in PromQL. */
export function fitting(matchers: readonly Matcher[]): (labels: LabelsByName) => boolean {
  const each = matchers.map(predicate);
  return (labels) => each.every((fits) => fits(labels));
}

function predicate({ operator, name, value }: Matcher): (labels: LabelsByName) => boolean {
  const of = (labels: LabelsByName): string => (Object.hasOwn(labels, name) ? (labels[name] ?? "") : "");
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
