/**
 * TraceQL for lines of a snapshot: one `{ … }` of comparisons joined by `&&`. A line is kept whole when one of its spans matches.
 * The rest of the language is refused, not guessed at.
 */
import { openObject, PluginError, v } from "contextcore";

type Value = string | number | boolean;
interface Spot {
  readonly resource: ReadonlyMap<string, Value>;
  readonly span: ReadonlyMap<string, Value>;
  readonly own: Readonly<Record<string, Value>>;
}
type Condition = (spot: Spot) => boolean;

/** Keeps the lines of which a span matches the selector. @throws PluginError `invalid` when it is not understood */
export function createMatcher(source: string): (line: string) => string | undefined {
  const conditions = parse(source);
  return (line) => (spotsOf(line).some((spot) => conditions.every((fits) => fits(spot))) ? line : undefined);
}

const CONDITION =
  /^\s*(resource\.|span\.|\.)?([\w.:-]+)\s*(=|!=|=~|!~)\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|([\w.+-]+))\s*(&&(?=\s*\S)|$)/;

function parse(source: string): Condition[] {
  const inner = /^\s*\{([\s\S]*)\}\s*$/.exec(source)?.[1];
  if (inner === undefined) throw notUnderstood(source);
  const conditions: Condition[] = [];
  for (let rest = inner.trim(); rest !== ""; ) {
    const match = CONDITION.exec(rest);
    if (match === null) throw notUnderstood(source);
    const [whole, scope = "", name = "", operator = "", text, word] = match;
    conditions.push(condition(source, { scope, name, operator, value: literal(source, text, word) }));
    rest = rest.slice(whole.length).trim();
  }
  return conditions;
}

const notUnderstood = (source: string): PluginError =>
  new PluginError(
    "invalid",
    `tempo: the selector ${JSON.stringify(source)} is not understood for a restore`,
    {
      hint: 'Write one { … } of comparisons (=, !=, =~, !~) joined by &&: { resource.service.name = "shop" && status = error }.',
    },
  );

function literal(source: string, text: string | undefined, word = ""): Value {
  if (text?.startsWith("`")) return text.slice(1, -1);
  if (text !== undefined) return unquoted(source, text);
  if (word === "true" || word === "false") return word === "true";
  return word !== "" && Number.isFinite(Number(word)) ? Number(word) : word;
}

function unquoted(source: string, text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw notUnderstood(source);
  }
}

interface Comparison {
  readonly scope: string;
  readonly name: string;
  readonly operator: string;
  readonly value: Value;
}

const OWN = ["name", "kind", "status", "statusMessage"];

function condition(source: string, { scope, name, operator, value }: Comparison): Condition {
  const plain = name.replace(/^span:/, "");
  if (scope === "" && !OWN.includes(plain)) throw notUnderstood(source);
  const find = ({ resource, span, own }: Spot): Value | undefined => {
    if (scope === "") return own[plain];
    return (
      (scope === "resource." ? undefined : span.get(name)) ??
      (scope === "span." ? undefined : resource.get(name))
    );
  };
  const negated = operator.startsWith("!");
  const fits = operator.endsWith("~") ? pattern(source, value) : (found: Value) => found === value;
  return (spot) => {
    const found = find(spot);
    // As in TraceQL, an attribute that is not there fits nothing, not even a negation.
    return found !== undefined && fits(found) !== negated;
  };
}

function pattern(source: string, value: Value): (found: Value) => boolean {
  try {
    const expression = new RegExp(`^(?:${value})$`);
    return (found) => expression.test(String(found));
  } catch {
    throw notUnderstood(source);
  }
}

const anyValue = openObject({
  stringValue: v.optional(v.string()),
  intValue: v.optional(v.union([v.string(), v.number()])),
  doubleValue: v.optional(v.union([v.string(), v.number()])),
  boolValue: v.optional(v.boolean()),
});
const attributes = v.optional(v.array(v.object({ key: v.string(), value: v.optional(anyValue, {}) })), []);
const line = v.object({
  resourceSpans: v.array(
    v.object({
      resource: v.optional(v.object({ attributes }), {}),
      scopeSpans: v.array(
        v.object({
          spans: v.array(
            v.object({
              attributes,
              name: v.optional(v.string(), ""),
              kind: v.optional(v.number(), 0),
              status: v.optional(
                v.object({ code: v.optional(v.number(), 0), message: v.optional(v.string(), "") }),
                {},
              ),
            }),
          ),
        }),
      ),
    }),
  ),
});

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES = ["unset", "ok", "error"];

function spotsOf(text: string): Spot[] {
  const { resourceSpans } = v.parse(line, JSON.parse(text));
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const shared = valuesOf(resource.attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ attributes: given, name, kind, status }) => ({
        resource: shared,
        span: valuesOf(given),
        own: {
          name,
          kind: KINDS[kind] ?? String(kind),
          status: STATUSES[status.code] ?? String(status.code),
          statusMessage: status.message,
        },
      })),
    );
  });
}

function valuesOf(given: v.InferOutput<typeof attributes>): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { key, value } of given) {
    const { stringValue, boolValue, intValue, doubleValue } = value;
    const number = intValue ?? doubleValue;
    const found = stringValue ?? boolValue ?? (number === undefined ? undefined : Number(number));
    if (found !== undefined) values.set(key, found);
  }
  return values;
}
