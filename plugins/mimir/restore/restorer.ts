import { PluginError, type RestoreAnswer, type RestoreBatch, type Restorer } from "contextcore";
import type { Server } from "../server/server.ts";
import { writeExemplars } from "./exemplars.ts";
import { createMatcher } from "./match.ts";
import { unsupported, writeMetadata } from "./metadata.ts";
import { createMetricsWriter } from "./metrics.ts";
import { writeAlertmanager, writeRuleGroup } from "./objects.ts";
import { preflight } from "./preflight.ts";

type Writer = (batch: RestoreBatch, signal: AbortSignal) => Promise<RestoreAnswer>;

/** Puts back what the export took. Samples go in time order across series: written series by series, most are refused. */
export function createRestorer(server: Server, clock: () => bigint): Restorer {
  const writers: Readonly<Record<string, Writer>> = {
    "metrics.json": createMetricsWriter(server),
    "mimir/metadata.json": (batch, signal) => writeMetadata(server, batch, signal),
    "mimir/exemplars.json": (batch, signal) => writeExemplars(server, batch, signal),
    "mimir/alertmanager.yaml": (batch, signal) => writeAlertmanager(server, batch, signal),
    "mimir/rules.json": readOnlyRules,
  };
  return {
    order: { "metrics.json": "time" },
    rank: (file) => (file === "metrics.json" ? 0 : 1),
    matcher: createMatcher,
    preflight: (plan, signal) => preflight(server, plan, clock(), signal),
    async apply(batch, signal) {
      const write = writers[batch.file];
      if (write !== undefined) return write(batch, signal);
      if (batch.file.startsWith("mimir/rules/")) return writeRuleGroup(server, batch, signal);
      throw new PluginError("invalid", `${batch.file} is not a file that mimir exports`);
    },
  };
}

const readOnlyRules: Writer = async ({ lines }) =>
  unsupported(lines, "these rules were kept to be read: they belong in the server's own rule files");
