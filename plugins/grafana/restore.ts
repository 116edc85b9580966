import {
  type Finding,
  PluginError,
  type RestoreAnswer,
  type RestoreBatch,
  type RestorePlan,
  type Restorer,
} from "contextcore";
import { PROVISIONING } from "./alerting.ts";
import {
  isDefaultTree,
  putBackContactPoint,
  putBackMuteTiming,
  putBackPolicies,
  putBackRuleGroup,
  putBackTemplate,
} from "./restore-alerting.ts";
import { putBackAnnotations } from "./restore-annotations.ts";
import { putBackDashboard } from "./restore-dashboards.ts";
import { putBackDataSource, putBackLibraryPanel } from "./restore-data-sources.ts";
import { putBackFolder } from "./restore-folders.ts";
import { ANNOTATIONS, type Kind, kindOf, rankOf } from "./restore-kinds.ts";
import type { Outcome, PutBack, Restoring } from "./restore-object.ts";
import { putBackPlaylist } from "./restore-playlists.ts";
import { selection } from "./restore-selection.ts";
import { objectIn } from "./restore-things.ts";
import { objectSchema, readIfThere, type Server } from "./server.ts";

type ObjectKind = Exclude<Kind, typeof ANNOTATIONS>;

const PUT_BACK: Readonly<Record<ObjectKind, { readonly unit: string; readonly run: PutBack }>> = {
  "grafana/folders/": { unit: "folders", run: putBackFolder },
  "grafana/datasources/": { unit: "data-sources", run: putBackDataSource },
  "grafana/library-panels/": { unit: "library-panels", run: putBackLibraryPanel },
  "grafana/dashboards/": { unit: "dashboards", run: putBackDashboard },
  "grafana/alerting/templates/": { unit: "templates", run: putBackTemplate },
  "grafana/alerting/mute-timings/": { unit: "mute-timings", run: putBackMuteTiming },
  "grafana/alerting/contact-points/": { unit: "contact-points", run: putBackContactPoint },
  "grafana/alerting/policies/": { unit: "policies", run: putBackPolicies },
  "grafana/alerting/rules/": { unit: "rule-groups", run: putBackRuleGroup },
  "grafana/playlists/": { unit: "playlists", run: putBackPlaylist },
};

export type RestoreOptions = Pick<Restoring, "secrets" | "managed">;

/** Puts objects back under their own uids; what is there already stays as it is. */
export const createRestorer = (server: Server, options: RestoreOptions): Restorer => ({
  rank: rankOf,
  selection,
  preflight: (plan, signal) => preflight(server, plan, signal),
  apply: (batch, signal) => apply({ server, ...options, signal }, batch),
});

async function apply(restoring: Restoring, batch: RestoreBatch): Promise<RestoreAnswer> {
  const kind = kindOf(batch.file);
  if (kind === undefined)
    throw new PluginError("invalid", `${batch.file} is not a file that grafana exports`);
  if (kind === ANNOTATIONS) return putBackAnnotations(restoring, batch);
  // The same rules in the format of file provisioning, for people; the JSON file beside it is what goes back.
  if (batch.file.endsWith(".yaml")) return { written: {} };
  const { unit, run } = PUT_BACK[kind];
  const text = batch.lines.join("\n");
  const outcome = await run(restoring, objectIn(batch.file, text), batch.file);
  return answerFor(outcome, unit, text);
}

function answerFor(outcome: Outcome, unit: string, line: string): RestoreAnswer {
  if (outcome.done === "refused") return { written: {}, rejected: [{ line, reason: outcome.reason }] };
  if (outcome.done === "existing") return { written: {}, existing: { [unit]: 1 } };
  const { problems = [] } = outcome;
  return { written: { [unit]: 1 }, ...(problems.length === 0 ? {} : { problems }) };
}

/** What this Grafana would refuse or change of the plan. */
async function preflight(server: Server, { files }: RestorePlan, signal: AbortSignal): Promise<Finding[]> {
  const has = (kind: Kind): boolean => files.some(({ path }) => path.startsWith(kind));
  const findings: Finding[] = [ALTERED];
  if (has("grafana/datasources/") || has("grafana/alerting/contact-points/")) findings.push(SECRETS);
  if (has(ANNOTATIONS)) findings.push(ALERT_HISTORY);
  const { playlists } = await server.world(signal);
  if (has("grafana/playlists/") && playlists === undefined) findings.push(PLAYLIST_UIDS);
  if (has("grafana/alerting/policies/")) findings.push(...(await policyFindings(server, signal)));
  return findings;
}

async function policyFindings({ http }: Server, signal: AbortSignal): Promise<Finding[]> {
  const tree = await readIfThere(http, objectSchema, { path: `${PROVISIONING}/policies`, signal });
  return tree === undefined || isDefaultTree(tree) ? [] : [POLICIES];
}

const ALTERED: Finding = {
  severity: "alters",
  what: "Grafana sets numeric ids, versions, and when and by whom an object was saved, itself.",
};

const SECRETS: Finding = {
  severity: "alters",
  what: "Data sources and contact points come back without their secrets, which no snapshot holds; each one that is missing is named.",
  setting: "backends.grafana.secrets",
};

const ALERT_HISTORY: Finding = {
  severity: "refuses",
  what: "Annotations that alerting wrote when rules changed their state cannot be written from outside.",
};

const PLAYLIST_UIDS: Finding = {
  severity: "alters",
  what: "This Grafana gives playlists uids of its own (12 and newer keep theirs).",
};

const POLICIES: Finding = {
  severity: "refuses",
  what: "Grafana has notification policies of its own; they stay, since there is one tree and writing it would replace all of it.",
  setting: "DELETE /api/v1/provisioning/policies, which resets them",
};
