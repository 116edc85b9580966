import { pluginOf } from "../config/instances.ts";
import { backendOf, namesMeantBy, type OpenBackend } from "../host/open.ts";
import { isOnPath } from "../programs/run-command.ts";
import { type InterruptedRecovery, interruptedRecovery, type RecoveryRequest } from "../recovery/journal.ts";
import { type RecoveryStep, runbookOf } from "../recovery/runbook.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { given } from "../units/given.ts";
import { fromRfc3339, toRfc3339 } from "../units/range.ts";
import { listed } from "../units/words.ts";
import { requireAllowed } from "./allowed-command.ts";
import { chooseForRecovery } from "./recover-choice.ts";
import { momentOf, type RecoverValues } from "./recover-params.ts";
import type { Erasures } from "./snapshots/erasures.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/** A backend of the snapshots that nothing can be put back into. */
interface NotHere {
  readonly backend: string;
  readonly plugin: string;
  readonly url?: string;
  readonly reason: string;
}

/** What would be recovered from what, step by step. */
export interface RecoveryPlan {
  /** What identifies it, if it is interrupted. */
  readonly request: RecoveryRequest;
  /** What an earlier run has done of it. */
  readonly resumes?: string;
  /** One that was interrupted, and is not continued. */
  readonly interrupted?: RecoveryRequest;
  readonly chosen: Chosen;
  /** What of it must not come back. */
  readonly openErasures: () => Promise<Erasures>;
  /** The lists of what was erased that could not be read, and are ignored. */
  readonly ignored: readonly string[];
  readonly steps: readonly RecoveryStep[];
  /** The texts of commands whose program is not on the PATH now. */
  readonly notFound: readonly string[];
  readonly notHere: readonly NotHere[];
  readonly existing: RecoverValues["existing"];
  readonly targets: readonly { readonly chain: BackendChain; readonly open: OpenBackend }[];
}

/** Makes the plan. @throws UsageError, RefusedError for a command that the policy forbids, ConfigError */
export async function planRecovery(params: RecoverValues, context: TaskContext): Promise<RecoveryPlan> {
  const { config, backends } = context;
  const found = interruptedRecovery(config.backups);
  const named = params.backend.flatMap((word) => namesMeantBy(word, context));
  const earlier = params.resume ? requireSame(found, { ...params, backend: named }) : undefined;
  const at = earlier === undefined ? momentOf(params) : fromRfc3339(earlier.request.at);
  const from = params.from ?? earlier?.request.from;
  const only = earlier?.request.backends ?? named;
  const isDated = params.at !== undefined;
  const { chosen, openErasures } = await chooseForRecovery(
    { ...params, from, at, isDated, backends: only },
    context,
  );
  const ignored = await ignoredOf(openErasures);
  const targets = chosen.chains.flatMap((chain) => {
    const open = openOf(chain, backends);
    return open === undefined ? [] : [{ chain, open }];
  });
  const chains = targets.map(({ chain }) => chain);
  const steps = runbookOf(config, {
    chains,
    known: knownNames(chosen, context),
    open: backends.map(({ name }) => name),
    meant: (word) => namesMeantBy(word, context),
    commands: params.commands,
  });
  for (const step of steps) if (step.kind === "run") requireAllowed({ ...RUNBOOK, ...step }, config);
  const request: RecoveryRequest = {
    began: earlier?.request.began ?? new Date().toISOString(),
    ...given({ from }),
    at: toRfc3339(at),
    backends: [...only],
    sources: Object.fromEntries(chains.map((chain) => [chain.backend, sourceOf(chain)])),
  };
  if (earlier !== undefined) requireSameSources(earlier, request);
  return {
    request,
    ...given({
      resumes: earlier?.directory,
      interrupted: earlier === undefined ? found?.request : undefined,
    }),
    chosen,
    openErasures,
    ignored,
    steps,
    notFound: notFoundOf(steps, context),
    notHere: chosen.chains.filter((chain) => !chains.includes(chain)).map((chain) => notHere(chain, context)),
    existing: params.existing,
    targets,
  };
}

/** Opens them once, so that what cannot be told is known before anything is done. @throws RefusedError */
async function ignoredOf(openErasures: RecoveryPlan["openErasures"]): Promise<string[]> {
  using erasures = await openErasures();
  const names = erasures.ignored.map(({ name }) => name);
  return names;
}

const RUNBOOK = { what: "the command of the runbook", setting: "recovery.steps" } as const;

const openOf = ({ state }: BackendChain, backends: readonly OpenBackend[]): OpenBackend | undefined =>
  backendOf(state.plugin, backends);

/** Identifies the snapshots that a backend is taken from. */
export const sourceOf = (chain: BackendChain): string =>
  sha256Of(snapshotsOf([chain]).map(({ manifest }) => manifest.sha256));

/** Of several texts, one hash. */
export const sha256Of = (texts: readonly string[]): string =>
  new Bun.CryptoHasher("sha256").update(canonicalJson([...texts])).digest("hex");

/** With `--backend` the others are not opened, but a runbook may name them. */
const knownNames = ({ chains }: Chosen, { config, backends, failures }: TaskContext): string[] => [
  ...new Set([
    ...Object.keys(config.backends).flatMap((name) => [name, pluginOf(name, config)]),
    ...["tempo", "mimir", "loki", "grafana"],
    ...[...backends, ...failures].map(({ name }) => name),
    ...chains.map(({ backend }) => backend),
  ]),
];

/** @throws UsageError when there is none like this */
function requireSame(
  found: InterruptedRecovery | undefined,
  { from, at, backend }: RecoverValues,
): InterruptedRecovery {
  if (found === undefined)
    throw new UsageError(
      "there is no interrupted recovery",
      "one that came to its end is not continued: run it again without --resume",
    );
  const { request } = found;
  const isSame =
    (from === undefined || from === request.from) &&
    (at === undefined || toRfc3339(at) === request.at) &&
    (backend.length === 0 || Bun.deepEquals([...backend].sort(), [...request.backends].sort()));
  if (isSame) return found;
  throw new UsageError(
    `the recovery that was begun at ${request.began} was another one`,
    "with --resume alone, and --identity and --key where they are needed, it goes on; without --resume a new one begins",
  );
}

/** @throws UsageError when the snapshots are not the same any more */
function requireSameSources({ request }: InterruptedRecovery, now: RecoveryRequest): void {
  const changed = Object.keys(request.sources).filter((name) => request.sources[name] !== now.sources[name]);
  if (changed.length === 0) return;
  throw new UsageError(
    `the recovery took ${listed(changed)} from snapshots that are not there any more, or from others`,
    "bring those back, or begin anew without --resume",
  );
}

/** An earlier step may bring a program, so this is told and not refused. */
const notFoundOf = (steps: readonly RecoveryStep[], { config, env }: TaskContext): string[] =>
  steps.flatMap((step) =>
    step.kind !== "run" || isOnPath({ command: step.command, directory: config.directory, env })
      ? []
      : [step.text],
  );

function notHere({ backend, state }: BackendChain, { failures }: TaskContext): NotHere {
  const { plugin = backend, url } = state.plugin;
  const failure = failures.find(({ name }) => name === backend)?.error.message;
  const reason = failure ?? "no such backend is configured here";
  return { backend, plugin, ...given({ url }), reason };
}
