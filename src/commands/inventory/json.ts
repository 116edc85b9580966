import * as v from "valibot";
import { CLASSES, classOf } from "../../config/instances.ts";
import { objectOf } from "../../contract/any-names.ts";
import { IMPORTANCES } from "../../contract/contract.ts";
import { CONDITIONS } from "../../inventory/condition.ts";
import type { Surveyed } from "../../inventory/survey.ts";
import type { Taken } from "../../inventory/taken.ts";
import { NS_PER_SECOND, toRfc3339 } from "../../units/range.ts";

const time = v.pipe(v.string(), v.description("RFC 3339, UTC"));

export const inventorySchema = v.object({
  stack: v.string(),
  backends: v.array(
    v.object({
      name: v.string(),
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
      retention: v.optional(v.pipe(v.union([v.number(), v.literal("unlimited")]), v.description("seconds"))),
      importance: v.optional(v.picklist(IMPORTANCES)),
      class: v.optional(v.picklist(CLASSES)),
      counts: v.optional(objectOf(v.number())),
    }),
  ),
  warnings: v.array(
    v.object({
      backend: v.string(),
      kind: v.picklist(["unsaved", "expiring", "size", "server"]),
      text: v.string(),
    }),
  ),
});

type InventoryJson = v.InferOutput<typeof inventorySchema>;

/** What `inventory --json` prints. Absent members are left out. */
export const inventoryJson = ({ stack, findings, warnings }: Taken): InventoryJson => ({
  stack,
  backends: findings.map(backendJson),
  warnings: warnings.map(({ subject, kind, message }) => ({ backend: subject, kind, text: message })),
});

function backendJson(finding: Surveyed): InventoryJson["backends"][number] {
  const { name, state, open } = finding;
  const whose = {
    name,
    plugin: open === undefined || open.plugin.name === name ? undefined : open.plugin.name,
    tenant: open?.tenant === "" ? undefined : open?.tenant,
    state,
    url: open?.url,
  };
  if (state !== "reached") return { ...whose, reason: finding.error.message };
  const { inventory, size } = finding;
  const { oldest, newest, retention } = inventory;
  return {
    ...whose,
    serverVersion: inventory.serverVersion,
    signals: [...inventory.signals],
    size: size === undefined ? undefined : { ...size, how: size.how },
    oldest: oldest === undefined ? undefined : toRfc3339(oldest),
    newest: newest === undefined ? undefined : toRfc3339(newest),
    retention: typeof retention === "bigint" ? Number(retention / NS_PER_SECOND) : retention,
    importance: inventory.importance,
    class: open.class ?? classOf(inventory.importance ?? "medium"),
    counts: inventory.counts,
  };
}
