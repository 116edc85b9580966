/** The runbook of a recovery: the configured steps, as far as this recovery needs them, in their order. Pure. */
import { writtenSteps } from "../agreement/shown.ts";
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { commandText } from "../programs/command-text.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import { parseDuration } from "../units/duration.ts";
import { NS_PER_MS } from "../units/range.ts";
import { listed } from "../units/words.ts";

/** One step of a recovery. */
export type RecoveryStep = Draft & {
  /** What tells it apart from the other steps: what was done is found again by it, also when the runbook was changed meanwhile. */
  readonly key: string;
};

/** What it does, and a text for people, without secrets. */
type Draft = { readonly text: string } & (
  | { readonly kind: "run"; readonly command: readonly string[]; readonly limitMs: number }
  | { readonly kind: "wait"; readonly names: readonly string[]; readonly limitMs: number }
  | { readonly kind: "restore"; readonly chains: readonly BackendChain[] }
  | { readonly kind: "count" }
);

/** What a runbook is made for. */
interface Recovering {
  /** What is put back. */
  readonly chains: readonly BackendChain[];
  /** Every backend that could be named: opened, saved or configured. */
  readonly known: readonly string[];
  /** The opened backends that a word means, such as all tenants of an instance. */
  meant(word: string): readonly string[];
  /** Backends that can be waited for. */
  readonly open: readonly string[];
  /** False: no command of the runbook is run. */
  readonly commands: boolean;
}

type Configured = Config["recovery"]["steps"][number];

/** The steps, the last of which counts what the servers hold. @throws ConfigError for a name that is no backend's */
export function runbookOf(config: Config, recovering: Recovering): RecoveryStep[] {
  requireKnown(config, recovering.known);
  const isNamed = namedBy(recovering);
  const { steps } = config.recovery;
  const restored = restoredBy(steps, recovering.chains, isNamed);
  const written = writtenSteps(config);
  const drafts = (steps.length === 0 ? [EVERYTHING] : steps).flatMap((step, index): Draft[] => {
    if (step.restore !== undefined) return restoring(restored.get(step) ?? []);
    if (!concerns(step, recovering.chains, isNamed)) return [];
    const limitMs = Number(parseDuration(step.timeout) / NS_PER_MS);
    if (step.run !== undefined) {
      const text = commandText(written.get(index) ?? step.run);
      return recovering.commands ? [{ kind: "run", command: step.run, limitMs, text }] : [];
    }
    const names = recovering.open.filter((name) => isNamed(name, step.wait ?? []));
    return names.length === 0 ? [] : [{ kind: "wait", names, limitMs, text: `wait for ${listed(names)}` }];
  });
  return withKeys([...drafts, { kind: "count", text: "count what the servers hold" }]);
}

const EVERYTHING: Configured = { restore: "*", timeout: "0" };

/** What each restoring step puts back. What none names is put back by `"*"`, else together with the last one. */
function restoredBy(
  steps: readonly Configured[],
  chains: readonly BackendChain[],
  isNamed: IsNamed,
): Map<Configured, readonly BackendChain[]> {
  const restoring = steps.length === 0 ? [EVERYTHING] : steps.filter(({ restore }) => restore !== undefined);
  const taken = new Set<BackendChain>();
  const found = new Map<Configured, readonly BackendChain[]>();
  for (const step of restoring) {
    const names = step.restore;
    if (names === undefined || names === "*") continue;
    const own = chains.filter((chain) => !taken.has(chain) && isNamed(chain.backend, names));
    for (const chain of own) taken.add(chain);
    found.set(step, own);
  }
  const last = restoring.findLast(({ restore }) => restore === "*") ?? restoring.at(-1);
  const others = chains.filter((chain) => !taken.has(chain));
  if (last !== undefined) found.set(last, [...(found.get(last) ?? []), ...others]);
  return found;
}

const restoring = (chains: readonly BackendChain[]): Draft[] =>
  chains.length === 0
    ? []
    : [{ kind: "restore", chains, text: `restore ${listed(chains.map(({ backend }) => backend))}` }];

/** Whether it is for everything, or for something that is recovered. */
const concerns = ({ for: wanted }: Configured, chains: readonly BackendChain[], isNamed: IsNamed): boolean =>
  wanted === undefined || chains.some(({ backend }) => isNamed(backend, wanted));

type IsNamed = (backend: string, names: readonly string[]) => boolean;

/** What is not opened is meant by its own name, and by that of the instance whose tenant it is: `loki` for `loki@team-a`. */
const isCalled = (backend: string, name: string): boolean =>
  backend === name || backend.startsWith(`${name}@`);

const namedBy =
  ({ meant }: Pick<Recovering, "meant">): IsNamed =>
  (backend, names) =>
    names.some((name) => isCalled(backend, name) || meant(name).includes(backend));

function requireKnown({ recovery, where }: Config, known: readonly string[]): void {
  const problems = recovery.steps.flatMap((step, index) =>
    (["restore", "wait", "for"] as const).flatMap((key) => {
      const names = step[key];
      if (names === undefined || names === "*") return [];
      return names
        .filter((name) => !known.some((one) => isCalled(one, name)))
        .map((name) => {
          const meant = closest(name, known);
          return {
            where: where?.(["recovery", "steps", index, key]) ?? "the configuration",
            key: `recovery.steps.${index}.${key}`,
            what: `there is no backend ${JSON.stringify(name)}`,
            hint: meant === undefined ? `there are ${listed(known)}` : `did you mean ${meant}?`,
          };
        });
    }),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

/** The same step may stand there twice. */
function withKeys(drafts: readonly Draft[]): RecoveryStep[] {
  const seen = new Map<string, number>();
  return drafts.map((draft) => {
    const own = `${draft.kind} ${draft.text}`;
    const times = (seen.get(own) ?? 0) + 1;
    seen.set(own, times);
    return { ...draft, key: times === 1 ? own : `${own} (${times})` };
  });
}
