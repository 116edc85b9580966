import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { IMPORTANCES } from "../contract/contract.ts";
import { CONDITIONS } from "../inventory/condition.ts";
import type { Loss } from "../inventory/losses.ts";
import type { Surveyed } from "../inventory/survey.ts";
import type { Taken } from "../inventory/taken.ts";
import { classOfBackend } from "../retention/classes.ts";
import { type ClassTimes, timeOf } from "../snapshot/catalog/retention.ts";
import { NS_PER_SECOND, toRfc3339 } from "../units/range.ts";
import { absolutePath, time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";
import { keptSchema } from "./snapshots.ts";

const schema = v.object({
  stack: v.string(),
  backends: v.array(
    v.object({
      backend: v.string(),
      plugin: v.optional(
        v.pipe(v.string(), v.description("whose instance it is, where that is another name")),
      ),
      tenant: v.optional(v.pipe(v.string(), v.description("as which it is asked, where it is one"))),
      state: v.picklist(["reached", ...CONDITIONS]),
      url: v.optional(v.string()),
      reason: v.optional(v.pipe(v.string(), v.description("why it was not reached"))),
      serverVersion: v.optional(v.string()),
      signals: v.optional(v.array(v.string())),
      size: v.optional(
        v.object({
          bytes: v.number(),
          source: v.picklist(["disk", "api", "estimate"]),
          how: v.optional(v.string()),
          isAtMost: v.optional(
            v.pipe(v.boolean(), v.description("it may be less: the server counts some data more than once")),
          ),
        }),
      ),
      oldest: v.optional(time),
      newest: v.optional(time),
      retentionSeconds: v.optional(
        v.pipe(v.number(), v.description("absent: the server keeps its data for ever, or does not say")),
      ),
      retentionSetting: v.optional(
        v.pipe(v.string(), v.description("the server's setting that says how long it keeps its data")),
      ),
      isKeptForEver: v.optional(v.boolean()),
      importance: v.optional(v.picklist(IMPORTANCES)),
      class: v.optional(v.string()),
      classSeconds: v.optional(
        v.pipe(v.number(), v.description("how long data of that class is to be kept")),
      ),
      counts: v.optional(objectOf(v.number())),
    }),
  ),
  warnings: v.array(
    v.object({
      backend: v.string(),
      kind: v.picklist(["unsaved", "expiring", "size", "server", "copies"]),
      message: v.string(),
    }),
  ),
});

export const INVENTORY = defineResult({
  name: "inventory",
  version: 1,
  about: "what the stack holds",
  schema,
});

/** Everything that was found. Absent members are left out. */
export const inventoryJson = ({ stack, findings, warnings, classes }: Taken): ValueOf<typeof INVENTORY> => ({
  stack,
  backends: findings.map((one) => backendJson(one, classes)),
  warnings: warnings.map(({ subject, kind, message }) => ({ backend: subject, kind, message })),
});

function backendJson(finding: Surveyed, classes: ClassTimes): ValueOf<typeof INVENTORY>["backends"][number] {
  const { name, state, open } = finding;
  const whose = {
    backend: name,
    plugin: open === undefined || open.plugin.name === name ? undefined : open.plugin.name,
    tenant: open?.tenant === "" ? undefined : open?.tenant,
    state,
    url: open?.url,
  };
  const { size } = finding;
  if (state !== "reached") return { ...whose, size: sizeJson(size), reason: finding.error.message };
  const { inventory } = finding;
  const { oldest, newest, retention } = inventory;
  return {
    ...whose,
    serverVersion: inventory.serverVersion,
    signals: inventory.signals,
    size: sizeJson(size),
    oldest: oldest === undefined ? undefined : toRfc3339(oldest),
    newest: newest === undefined ? undefined : toRfc3339(newest),
    retentionSeconds: typeof retention === "bigint" ? Number(retention / NS_PER_SECOND) : undefined,
    retentionSetting: inventory.retentionSetting,
    isKeptForEver: retention === "unlimited" ? true : undefined,
    importance: inventory.importance,
    class: classOfBackend(open, inventory),
    classSeconds: Number(timeOf(classOfBackend(open, inventory), classes) / NS_PER_SECOND),
    counts: inventory.counts,
  };
}

const sizeJson = (size: Surveyed["size"]) => (size === undefined ? undefined : { ...size, how: size.how });

export const PERSISTENCE_SHOW = defineResult({
  name: "persistence.show",
  version: 1,
  about: "an inventory, and the kept snapshots",
  schema: v.object({
    ...schema.entries,
    directory: v.pipe(absolutePath, v.description("of the snapshots")),
    freeBytes: v.optional(v.number()),
    snapshots: v.array(keptSchema),
  }),
});

/** What one backend would lose, as JSON. */
export const lossSchema = v.object({
  backend: v.string(),
  kind: v.picklist(["unsaved", "new", "changed", "unknown"]),
  message: v.string(),
});

/** What no snapshot holds of a backend. */
export const lossJson = ({ backend, kind, text }: Loss): v.InferOutput<typeof lossSchema> => ({
  backend,
  kind,
  message: text,
});

/** What a destroy leaves alone. */
export const untouchedSchema = v.pipe(
  v.array(v.object({ backend: v.string(), why: v.string() })),
  v.description("backends whose data lies where the command deletes nothing, so it is no loss"),
);

export const CHECK_DESTROY = defineResult({
  name: "persistence.check-destroy",
  version: 1,
  about: "whether a destroy would lose anything",
  schema: v.object({
    stack: v.string(),
    safe: v.boolean(),
    losses: v.array(lossSchema),
    untouched: untouchedSchema,
  }),
});
