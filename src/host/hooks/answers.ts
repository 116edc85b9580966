/**
 * The shapes of answers that hooks must return. An answer that does not match is the plugin's defect and goes no further. The
 * engine checks the results of `start` and `step`, because it stores them.
 */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import { IMPORTANCES, SIGNALS, type Step } from "../../contract/contract.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const counts = objectOf(count);
const time = v.bigint();
const range = v.object({ from: time, to: time });
const text = v.pipe(v.string(), v.nonEmpty());

const members = objectOf(v.unknown());
const draft = {
  title: v.string(),
  content: members,
  schema: v.optional(v.string()),
  attached: v.optional(members),
};
const folder = v.object({
  uid: v.string(),
  title: v.string(),
  description: v.optional(v.string()),
  parentUid: v.optional(v.string()),
  managedBy: v.optional(v.string()),
});

const storedObject = v.object({
  name: text,
  size: count,
  modified: time,
  sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a SHA-256 in lower-case hex"))),
  retainedUntil: v.optional(time),
  isCold: v.optional(v.boolean()),
});

const applied = v.object({
  written: counts,
  existing: v.optional(counts),
  differing: v.optional(v.array(v.object({ name: text, what: text }))),
  rejected: v.optional(
    v.array(v.object({ line: v.string(), reason: v.string(), unsupported: v.optional(v.boolean()) })),
  ),
  problems: v.optional(v.array(v.object({ kind: v.string(), reason: text }))),
});
/** More than any server that one configuration is for. */
const TENANTS_MAX = 10_000;

/** The schema of each answer, by the name of what it answers. */
export const ANSWERS = {
  inventory: v.object({
    signals: v.array(v.picklist(SIGNALS)),
    serverVersion: v.optional(v.string()),
    oldest: v.optional(time),
    newest: v.optional(time),
    retention: v.optional(v.union([time, v.literal("unlimited")])),
    retentionSetting: v.optional(text),
    bindsCopies: v.optional(v.boolean()),
    importance: v.optional(v.picklist(IMPORTANCES)),
    counts: v.optional(counts),
    warnings: v.optional(v.array(text)),
  }),
  size: v.object({
    bytes: count,
    source: v.picklist(["disk", "api", "estimate"]),
    how: v.optional(v.string()),
    isAtMost: v.optional(v.boolean()),
  }),
  count: v.optional(counts),
  splitCount: v.object({
    requests: v.optional(
      v.array(v.object({ range, match: v.optional(v.string()), part: v.optional(members) })),
    ),
    items: v.optional(v.array(text)),
  }),
  limits: v.array(
    v.object({ setting: text, value: v.string(), effect: v.optional(text), clamps: v.optional(v.boolean()) }),
  ),
  preflight: v.array(
    v.object({
      severity: v.picklist(["refuses", "alters", "hides", "note"]),
      message: text,
      setting: v.optional(v.string()),
    }),
  ),
  compare: v.array(
    v.optional(
      v.object({
        state: v.picklist(["missing", "equal", "differs", "unknown"]),
        name: text,
        what: v.optional(v.string()),
      }),
    ),
  ),
  applied,
  find: v.object({
    unit: text,
    count,
    where: text,
    range: v.optional(range),
    reference: v.unknown(),
  }),
  erase: v.object({
    outcomes: v.array(
      v.object({
        state: v.picklist(["erased", "owed", "impossible"]),
        count,
        reason: v.optional(text),
        due: v.optional(time),
      }),
    ),
  }),
  storedRecord: v.object({ unit: text, count, where: text, content: text, reference: v.unknown() }),
  storedErasure: v.object({ counts }),
  findExpired: v.object({ counts, oldest: v.optional(time), impossible: v.optional(text) }),
  expire: v.object({
    state: v.picklist(["expired", "owed", "impossible"]),
    counts,
    reason: v.optional(text),
    due: v.optional(time),
  }),
  storedObject,
  bytes: v.instance(Uint8Array),
  writeOutcome: v.picklist(["written", "there already"]),
  lifecycle: v.array(
    v.object({
      id: text,
      prefix: v.string(),
      tags: v.optional(objectOf(v.string())),
      transitions: v.optional(v.array(v.object({ after: time, storageClass: text }))),
      abandonedUploadsAfter: v.optional(time),
      noncurrentAfter: v.optional(time),
    }),
  ),
  settleMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
  history: v.array(v.string()),
  ranks: v.array(v.pipe(v.number(), v.finite())),
  matches: v.array(v.optional(v.string())),
  dashboards: v.object({
    folders: v.array(folder),
    dashboards: v.array(
      v.object({
        ...{ uid: v.string(), title: v.string(), folderUid: v.string(), tags: v.array(v.string()) },
        url: v.optional(v.string()),
      }),
    ),
  }),
  dashboard: v.object({
    ...{ ...draft, uid: v.string(), folderUid: v.string(), text: v.string() },
    managedBy: v.optional(v.string()),
  }),
  draft: v.object({ ...draft, uid: v.optional(v.string()) }),
  tenants: v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(150))), v.maxLength(TENANTS_MAX)),
} as const;

/** What is wrong with an answer; `undefined` when nothing is. */
export function answerObjection(schema: v.GenericSchema, value: unknown): string | undefined {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  const [issue] = issues ?? [];
  if (issue === undefined) return undefined;
  const place = v.getDotPath(issue);
  return `${place === null ? "it" : `\`${place}\``}: ${issue.message}`;
}

/** True when a step yielded nothing to keep. */
export const isBarren = ({ records: kept = [], objects = [] }: Step): boolean =>
  objects.length === 0 && kept.every((one) => (one.kind === "bytes" ? one.bytes.length : one.lines) === 0);
