/** What a stack holds according to its backends, compared with the kept snapshots. */
import type { OpenBackend, OpenPlugins } from "../host/open.ts";
import { lossesOf, NOBODY_ASKED } from "../inventory/losses.ts";
import { type Surveyed, survey } from "../inventory/survey.ts";
import type { Taken } from "../inventory/taken.ts";
import { touchedLosses, touching } from "../inventory/touched.ts";
import { type Warning, warningsFor } from "../inventory/warnings.ts";
import { classTimes } from "../retention/classes.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { holdingsOf } from "./snapshots/holdings.ts";
import { defineTask, type Target, type TaskContext } from "./task/task.ts";
import { readTimeout } from "./task/timeout.ts";

/** Default time for each backend to answer, ms. */
const ANSWER_MS = 30_000;

/** Asks these backends what they hold, and shows which answers are still missing. */
export async function askBackends(
  { signal, waitFor, onWait }: Pick<TaskContext, "signal" | "waitFor" | "onWait">,
  plugins: Pick<OpenPlugins, "backends" | "failures">,
  timeoutMs = ANSWER_MS,
): Promise<readonly Surveyed[]> {
  using wait = waitFor(plugins.backends.map(({ name }) => name));
  return await survey(plugins, { signal, timeoutMs, onAnswer: wait.answered, ...given({ onWait }) });
}

/** Asks every backend, and compares with the kept snapshots. */
export async function takeInventory(context: TaskContext, timeoutMs = ANSWER_MS): Promise<Taken> {
  const findings = await askBackends(context, context, timeoutMs);
  const { snapshots } = await readKept(await holdingsOf(context.config));
  const now = fromMs(Date.now());
  const classes = classTimes(context.config);
  const names = [...findings.map(({ name }) => name), ...Object.keys(context.config.backends)];
  const warnings = findings.flatMap((finding): Warning[] =>
    finding.state === "reached" ? warningsFor(finding, { snapshots, now, classes, names }) : [],
  );
  const { name: stack } = context.config;
  const all = findings.length === 0 ? [NOBODY_ASKED] : lossesOf(findings, { snapshots, now });
  const touched = touching(findings, context.config);
  return { stack, findings, warnings, classes, losses: touchedLosses(all, touched), touching: touched };
}

export const inventory = defineTask({
  kind: "inventory",
  about: "list what each backend holds, how big and how important it is, and what is about to be lost",
  params: {
    plugin: {
      type: "value",
      hint: "NAME",
      repeatable: true,
      complete: "backends",
      about:
        "only the backend of this name, or all its tenants; where none has that name, all backends of this plugin; may be repeated",
    },
    timeout: {
      type: "value",
      hint: "DURATION",
      default: "30s",
      parse: readTimeout,
      about: "how long each backend may take to answer",
    },
  },
  opens: ({ plugin }) => ({ only: plugin }),
  destructive: false,
  recorded: false,
  plan: async ({ timeout }) => ({ timeoutMs: timeout }),
  targets: () => [],
  async run({ timeoutMs }, context) {
    const result = await takeInventory(context, timeoutMs);
    const isWhole = result.findings.length > 0 && result.findings.every(({ state }) => state === "reached");
    return { result, ending: { outcome: isWhole ? "success" : "partial" } };
  },
});

/** A backend as a plan's target. Its identity is its server and tenant. */
export const backendTarget = (name: string, open?: Pick<OpenBackend, "url" | "tenant">): Target => ({
  kind: "backend",
  name,
  identity: [open?.url ?? name, ...(open?.tenant === undefined ? [] : [open.tenant])].join(" "),
});
