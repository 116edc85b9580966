import {
  PluginError,
  type RestoreAnswer,
  type RestoreBatch,
  type RestoreDiagnostic,
  type RestorePlan,
  type Restorer,
} from "contextcore";
import { compareObjects, nameOf } from "./compare.ts";
import { type Fields, objectIn } from "./json.ts";
import type { ObjectKind, Outcome, Restoring } from "./kind.ts";
import { KINDS, kindOf, rankOf } from "./kinds/index.ts";
import { selection } from "./selection.ts";
import type { Server, ServerFor } from "./server.ts";

type RestoreOptions = Pick<Restoring, "secrets" | "managed">;

/** Restores objects under their own uids; existing ones stay unchanged, unless those that differ are to be replaced. */
export const createRestorer = (at: ServerFor, options: RestoreOptions): Restorer => ({
  rank: rankOf,
  // These kinds may have thousands of objects. Alerting keeps one document, so concurrent writers would overwrite each other.
  order: { "grafana/dashboards/": "any", "grafana/library-panels/": "any" },
  selection,
  preflight: (plan, signal) => preflight(at(signal), plan),
  compare: (objects, signal) => compareObjects(at(signal), objects),
  apply: (batch, signal) =>
    apply({ ...at(signal), ...options, replaces: batch.existing === "replace" }, batch),
});

async function apply(restoring: Restoring, batch: RestoreBatch): Promise<RestoreAnswer> {
  const kind = kindOf(batch.file);
  if (kind === undefined)
    throw new PluginError("invalid", `${batch.file} is not a file that grafana exports`);
  if ("file" in kind) return kind.put(restoring, batch);
  // The same rules in file provisioning format, for people; the JSON file beside it is what is restored.
  if (batch.file.endsWith(".yaml")) return { written: {} };
  const text = batch.lines.join("\n");
  const object = objectIn(batch.file, text);
  const outcome = await kind.put(restoring, object, batch.file);
  return answerFor(outcome, kind, { object, line: text });
}

function answerFor(
  outcome: Outcome,
  kind: ObjectKind,
  { object, line }: { object: Fields; line: string },
): RestoreAnswer {
  const { unit } = kind;
  if (outcome.done === "refused") return { written: {}, rejected: [{ line, reason: outcome.reason }] };
  if (outcome.done === "existing") return { written: {}, existing: { [unit]: 1 } };
  const differing = (what: string) => ({ differing: [{ name: nameOf(kind, object), what }] });
  if (outcome.done === "differs") return { written: {}, ...differing(outcome.what) };
  const { problems = [], replaced } = outcome;
  return {
    written: { [unit]: 1 },
    ...(replaced === undefined ? {} : differing(replaced)),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** What this Grafana would refuse or change of the plan, each reported once. */
async function preflight(server: Server, { files }: RestorePlan): Promise<RestoreDiagnostic[]> {
  const findings = new Set([ALTERED]);
  const world = await server.world();
  const planned = new Set(files.map(({ path }) => kindOf(path)));
  for (const kind of KINDS) {
    const found = planned.has(kind) ? await kind.foresee?.(server, world) : undefined;
    for (const finding of found ?? []) findings.add(finding);
  }
  return [...findings];
}

const ALTERED: RestoreDiagnostic = {
  severity: "alters",
  message: "Grafana sets numeric ids, versions, and when and by whom an object was saved, itself.",
};
