import { basename } from "node:path";
import * as v from "valibot";
import { OUTCOMES } from "../audit/format/event.ts";
import type { Verification } from "../audit/verify/verify.ts";
import { objectOf } from "../contract/any-names.ts";
import type { AuditPrunePlan } from "../tasks/audit-prune.ts";
import { absolutePath, time, verbatim } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const eventSchema = verbatim(
  v.object({
    id: v.string(),
    seq: v.number(),
    timestamp: v.string(),
    operation: v.string(),
    outcome: v.picklist(OUTCOMES),
    user: v.string(),
    via: v.optional(v.pipe(v.string(), v.description("`api` or `schedule`; absent: the command line"))),
    request: v.optional(v.pipe(v.string(), v.description("the id of the HTTP request"))),
    host: v.string(),
    project: v.string(),
    details: objectOf(v.unknown()),
    data_affected: v.array(v.string()),
    export_path: v.optional(v.string()),
    ref: v.optional(v.string()),
    prev_hash: v.string(),
    hash: v.string(),
  }),
  "an event as it stands in the trail: see [audit-trail.md](audit-trail.md)",
);

export const AUDIT_EVENT = defineResult({
  name: "audit.event",
  version: 1,
  about: "events, one a line, oldest first",
  schema: eventSchema,
  isVerbatim: true,
});

export const AUDIT_LIST = defineResult({
  name: "audit.list",
  version: 1,
  about: "the newest events that fit, oldest first",
  schema: v.object({ events: v.array(eventSchema) }),
});

export const AUDIT_SHOW = defineResult({
  name: "audit.show",
  version: 1,
  about: "one event, and what began or ended it",
  schema: v.object({
    event: eventSchema,
    where: v.pipe(v.string(), v.description("the file of the trail, and the line")),
    sound: v.pipe(v.boolean(), v.description("its hash fits its content")),
    related: v.array(eventSchema),
  }),
});

const tally = v.pipe(objectOf(v.number()), v.description("by outcome"));

export const AUDIT_STATS = defineResult({
  name: "audit.stats",
  version: 1,
  about: "counts of what was done",
  schema: v.object({
    operations: v.number(),
    byOutcome: tally,
    byOperation: objectOf(tally),
    byUser: objectOf(tally),
    byWeek: v.array(
      v.object({ week: v.pipe(v.string(), v.description("the Monday it begins with, UTC")), tally }),
    ),
  }),
});

const seen = v.object({ seq: v.number(), timestamp: time });

export const AUDIT_VERIFY = defineResult({
  name: "audit.verify",
  version: 1,
  about: "whether the trail is what was recorded",
  schema: v.object({
    sound: v.boolean(),
    filesTotal: v.number(),
    eventsTotal: v.number(),
    firstEvent: v.optional(seen),
    lastEvent: v.optional(v.object({ ...seen.entries, hash: v.string() })),
    checkpoint: v.optional(v.object({ origin: v.string(), eventsTotal: v.number(), hash: v.string() })),
    witnesses: v.array(v.object({ name: v.string(), seq: v.optional(v.number()), agrees: v.boolean() })),
    differencesTotal: v.number(),
    warningsTotal: v.number(),
    findings: v.pipe(
      v.array(
        v.object({
          severity: v.picklist(["difference", "warning"]),
          subject: v.string(),
          seq: v.optional(v.number()),
          message: v.string(),
        }),
      ),
      v.description("the first hundred"),
    ),
  }),
});

/** What a verification of the trail found. */
export const auditVerifyJson = ({
  chain,
  files,
  checkpoint,
  witnesses,
  findings,
  differences,
  warnings,
  unsigned,
}: Verification): ValueOf<typeof AUDIT_VERIFY> => ({
  sound: differences === 0 && !unsigned,
  filesTotal: files,
  eventsTotal: chain.events,
  firstEvent: chain.first,
  lastEvent: chain.last,
  checkpoint: checkpoint && {
    origin: checkpoint.origin,
    eventsTotal: checkpoint.size,
    hash: checkpoint.hash,
  },
  witnesses,
  differencesTotal: differences,
  warningsTotal: warnings,
  findings: findings.map(({ severity, subject, seq, message }) => ({ severity, subject, seq, message })),
});

export const AUDIT_PRUNE = defineResult({
  name: "audit.prune",
  version: 1,
  about: "which files of the trail are past their time, and whether they were removed",
  schema: v.object({
    removed: v.boolean(),
    archive: absolutePath,
    keptTotal: v.pipe(v.number(), v.description("events that are kept for seven years")),
    files: v.array(
      v.object({
        file: v.string(),
        eventsTotal: v.number(),
        reason: v.optional(v.pipe(v.string(), v.description("why it stays"))),
      }),
    ),
  }),
});

/** The plan, and whether it was carried out. */
export const auditPruneJson = (
  { segments, kept, archive }: AuditPrunePlan,
  removed: boolean,
): ValueOf<typeof AUDIT_PRUNE> => ({
  removed,
  archive,
  keptTotal: kept.length,
  files: segments.map(({ segment, events, stays }) => ({
    file: basename(segment.path),
    eventsTotal: events,
    reason: stays,
  })),
});

export const AUDIT_KEYGEN = defineResult({
  name: "audit.keygen",
  version: 1,
  about: "the public key, and where the signing key is",
  schema: v.object({ publicKey: v.string(), path: absolutePath }),
});
