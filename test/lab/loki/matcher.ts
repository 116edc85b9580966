import { type Labels, labelValue } from "./labels.ts";
import type { Filter, Matcher } from "./logql.ts";

export const matches = (labels: Labels, matchers: readonly Matcher[]): boolean =>
  matchers.every((matcher) => compare(matcher.operator, labelValue(labels, matcher.name), matcher.value));

/** Line filters read the line, label filters the entry's metadata, then its stream's labels. */
export function passes(filters: readonly Filter[], line: string, label: (name: string) => string): boolean {
  return filters.every((filter) => {
    if (filter.label !== undefined) return compare(filter.operator, label(filter.label), filter.value);
    if (filter.operator === "|=") return line.includes(filter.value);
    if (filter.operator === "!=") return !line.includes(filter.value);
    return pattern(filter.value, false).test(line) === (filter.operator === "|~");
  });
}

function compare(operator: string, value: string, wanted: string): boolean {
  if (operator === "=") return value === wanted;
  if (operator === "!=") return value !== wanted;
  return pattern(wanted, true).test(value) === (operator === "=~");
}

const known = new Map<string, RegExp>();

/** An RE2 expression as a RegExp: `.` matches a newline only after `(?s)`; whole: anchored as label matchers are. */
export function pattern(source: string, whole: boolean): RegExp {
  const key = `${whole}${source}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const dotAll = source.startsWith("(?s)");
  const plain = (dotAll ? source.slice(4) : source).replace(/\\x\{([0-9a-fA-F]+)\}/g, "\\u{$1}");
  const made = new RegExp(whole ? `^(?:${plain})$` : plain, dotAll || whole ? "su" : "u");
  if (known.size > 1000) known.clear();
  known.set(key, made);
  return made;
}
