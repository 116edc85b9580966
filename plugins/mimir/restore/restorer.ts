import {
  PluginError,
  parseShape,
  type RestoreAnswer,
  type RestoreBatch,
  type Restorer,
  v,
} from "contextcore";
import { labelSet } from "../line/labels.ts";
import { parseLine } from "../line/parse.ts";
import type { Server } from "../server/server.ts";
import { fitting, parseSelector } from "../wire/matchers.ts";
import { unsupported, writeExemplars, writeMetadata } from "./extras.ts";
import { createMetricsWriter } from "./metrics.ts";
import { compareObjects, writeAlertmanager, writeRuleGroup } from "./objects.ts";
import { preflight } from "./preflight.ts";

type Writer = (batch: RestoreBatch, signal: AbortSignal) => Promise<RestoreAnswer>;

/** Puts back what was exported. Samples go in time order across series: series by series, most would be refused. */
export function createRestorer(server: Server, clock: () => bigint): Restorer {
  const writers: Readonly<Record<string, Writer>> = {
    "metrics.json": createMetricsWriter(server),
    "mimir/metadata.json": (batch, signal) => writeMetadata(server, batch, signal),
    "mimir/exemplars.json": (batch, signal) => writeExemplars(server, batch, signal),
    "mimir/alertmanager.yaml": (batch, signal) => writeAlertmanager(server, batch, signal),
    "mimir/rules.json": readOnlyRules,
  };
  return {
    heeds: ["labels", "tenant"],
    order: { "metrics.json": "time" },
    // Exemplars need their series, and a Mimir takes them beside a description.
    rank: (file) => (file === "metrics.json" ? 0 : file === "mimir/metadata.json" ? 1 : 2),
    matcher: createMatcher,
    preflight: (plan, signal) => preflight(server, plan, clock(), signal),
    compare: (objects, signal) => compareObjects(server, objects, signal),
    async apply(batch, signal) {
      const write = writers[batch.file];
      if (write !== undefined) return write(batch, signal);
      if (batch.file.startsWith("mimir/rules/")) return writeRuleGroup(server, batch, signal);
      throw new PluginError("invalid", `${batch.file} is not a file that mimir exports`);
    },
  };
}

const readOnlyRules: Writer = async ({ lines }) =>
  unsupported(
    lines,
    "these rules were exported for reading only: they belong in the server's own rule files",
  );

const exemplarLine = v.object({ metric: labelSet });

/** Where the labels stand in the lines of each file that holds series. */
const LABELS: Readonly<Record<string, (line: string) => Readonly<Record<string, string>>>> = {
  "metrics.json": (line) => Object.fromEntries(parseLine(line).labels),
  "mimir/exemplars.json": (line) => parseShape("a line of mimir/exemplars.json", exemplarLine, line).metric,
};

/** A PromQL selector as the contract's matcher: lines of series that fit stay, others go. Other files are not selected. */
function createMatcher(source: string): (line: string, file: string) => string | undefined {
  const fits = fitting(parseSelector(source));
  return (line, file) => {
    const labels = LABELS[file];
    return labels === undefined || fits(labels(line)) ? line : undefined;
  };
}
