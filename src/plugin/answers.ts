/** The shapes that a plugin's hooks must answer with. What does not fit is the plugin's defect and never goes further. */
import * as v from "valibot";
import type { Cursor, Records, Start, Step } from "./contract.ts";

/** A cursor is stored with every step, so it is small. Bytes of JSON. */
const CURSOR_BYTES_MAX = 64 * 1024;
/** Steps are about 8 MiB; a single record may be larger, but not without end. Bytes. */
const RECORDS_BYTES_MAX = 256 * 1024 * 1024;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const counts = v.record(v.string(), count);
const time = v.bigint();
const range = v.object({ from: time, to: time });
const text = v.pipe(v.string(), v.nonEmpty());
const texts = v.record(v.string(), v.string());
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const problem = v.object({
  kind: v.picklist(["lossy", "incomplete", "clamped", "failed", "normalised", "not-contained"]),
  reason: text,
  range: v.optional(range),
  items: v.optional(v.array(v.string())),
});

/** `undefined` when it may be a cursor. */
function cursorObjection(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not a JSON object";
  try {
    const { length } = JSON.stringify(value);
    return length > CURSOR_BYTES_MAX
      ? `has ${length} characters, and ${CURSOR_BYTES_MAX} is the most`
      : undefined;
  } catch (error) {
    return `is not plain JSON (${error instanceof Error ? error.message : String(error)})`;
  }
}

const cursor = v.pipe(
  v.custom<Cursor>((value) => typeof value === "object" && value !== null, "is not a JSON object"),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? cursorObjection(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

const records = v.pipe(
  v.object({
    file: text,
    text: v.union([v.string(), v.instance(Uint8Array)]),
    lines: count,
    from: time,
    to: time,
    counts,
    window: v.optional(range),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? linesObjection(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

function linesObjection({
  file,
  text,
  lines,
  from,
  to,
}: Pick<Records, "file" | "text" | "lines" | "from" | "to">) {
  if (text.length > RECORDS_BYTES_MAX)
    return `${file}: ${text.length} bytes in one step, and about 8 MiB is the rule`;
  const found = typeof text === "string" ? newlinesIn(text, "\n") : newlinesIn(text, 10);
  if (found !== lines) return `${file}: it says ${lines} lines, and there are ${found}`;
  if (text.length > 0 && text.at(-1) !== "\n" && text.at(-1) !== 10)
    return `${file}: the last line has no newline`;
  if (lines > 0 && from >= to) return `${file}: its times [${from}, ${to}) are empty`;
  return undefined;
}

function newlinesIn<Unit>(text: { indexOf(unit: Unit, from?: number): number }, newline: Unit): number {
  let found = 0;
  for (let at = text.indexOf(newline); at !== -1; at = text.indexOf(newline, at + 1)) found += 1;
  return found;
}

/** By hook. */
export const ANSWERS = {
  inventory: v.object({
    signals: v.array(v.picklist(["traces", "metrics", "logs", "dashboards"])),
    serverVersion: v.optional(v.string()),
    oldest: v.optional(time),
    newest: v.optional(time),
    retention: v.optional(v.union([time, v.literal("unlimited")])),
    importance: v.picklist(["low", "medium", "high", "critical"]),
    counts: v.optional(counts),
    warnings: v.optional(v.array(text)),
  }),
  size: v.object({
    bytes: count,
    source: v.picklist(["disk", "api", "estimate"]),
    how: v.optional(v.string()),
  }),
  start: v.object({
    cursors: v.array(cursor),
    problems: v.optional(v.array(problem)),
    notes: v.optional(texts),
    exportedUntil: v.optional(time),
  }),
  step: v.object({
    records: v.optional(v.array(records)),
    objects: v.optional(v.array(v.object({ path: text, text: v.string(), unit: text }))),
    problems: v.optional(v.array(problem)),
    next: v.optional(v.array(cursor)),
    notes: v.optional(texts),
    done: v.optional(fraction),
  }),
  count: v.optional(counts),
  limits: v.array(
    v.object({ setting: text, value: v.string(), effect: v.optional(text), clamps: v.optional(v.boolean()) }),
  ),
  preflight: v.array(
    v.object({
      severity: v.picklist(["refuses", "alters", "hides", "note"]),
      what: text,
      setting: v.optional(v.string()),
    }),
  ),
  apply: v.object({
    written: counts,
    existing: v.optional(counts),
    rejected: v.optional(v.array(v.object({ line: v.string(), reason: v.string() }))),
  }),
  history: v.array(v.string()),
  nothing: v.unknown(),
} as const;

/** What is wrong with an answer, `undefined` when nothing is. */
export function answerObjection(schema: v.GenericSchema, value: unknown): string | undefined {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  const [issue] = issues ?? [];
  if (issue === undefined) return undefined;
  const place = v.getDotPath(issue);
  return `${place === null ? "it" : `\`${place}\``}: ${issue.message}`;
}

/** True when a step brought nothing to keep. */
export const isBarren = ({ records: kept = [], objects = [] }: Step): boolean =>
  objects.length === 0 && kept.every(({ lines }) => lines === 0);

/** The cursors that an answer brought. */
export const cursorsOf = (answer: Start | Step): readonly Cursor[] =>
  "cursors" in answer ? answer.cursors : ("next" in answer && answer.next) || [];
