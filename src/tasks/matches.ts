/** Assigns selectors to backends, and checks that each backend understands its own. */
import type { Restorer } from "../contract/contract.ts";
import { isKind } from "../contract/errors.ts";
import type { ExportPlan } from "../export/plan.ts";
import { readSelector } from "../restore/matching.ts";
import { hintOf } from "../units/hint-of.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/**
 * Assigns each selector to a backend: `loki={job="x"}`, or a plain selector when there is only one backend. The name of an
 * instance with tenants means all of them.
 * @throws UsageError when the backend is unclear, or has two selectors
 */
export function readMatches(
  texts: readonly string[],
  backends: readonly string[],
): ReadonlyMap<string, string> {
  const matches = new Map<string, string>();
  for (const text of texts) {
    const { names, selector } = readMatch(text, backends);
    for (const name of names) {
      if (matches.has(name)) throw new UsageError(`--match is given more than once for ${name}`);
      matches.set(name, selector);
    }
  }
  return matches;
}

function readMatch(
  text: string,
  backends: readonly string[],
): { readonly names: readonly string[]; readonly selector: string } {
  const isFor = (name: string): boolean => text.startsWith(`${name}=`) && text.length > name.length + 1;
  const name = backends.find(isFor) ?? backends.map(instanceOf).find(isFor);
  if (name !== undefined) {
    const names = backends.filter((one) => one === name || instanceOf(one) === name);
    return { names, selector: text.slice(name.length + 1) };
  }
  const [only, second] = backends;
  if (only !== undefined && second === undefined) return { names: [only], selector: text };
  throw new UsageError(
    `--match ${text}: which backend is it for?`,
    `--match NAME=SELECTOR with one of ${backends.join(", ")}, or choose one backend with --plugin`,
  );
}

/** `mimir@blue` is a tenant of `mimir`. */
export const instanceOf = (backend: string): string => backend.replace(/@.*/s, "");

/** How long a server may take to say whether it understands a selector, ms. One that takes longer says so when it is read. */
const UNDERSTOOD_MS = 30_000;

/**
 * Has every exporter say whether it heeds and understands its selector, before any server is asked for what it holds.
 * @throws UsageError for the first selector that makes no sense, or that its backend would not heed
 */
export async function checkMatches(
  matches: ReadonlyMap<string, string>,
  { backends, signal }: Pick<TaskContext, "backends" | "signal">,
): Promise<void> {
  for (const [name, match] of matches) {
    const exporter = backends.find((one) => one.name === name)?.backend.export;
    if (exporter === undefined) continue;
    if (!exporter.heeds?.includes("match"))
      throw new UsageError(
        `--match ${name}=${match}: this backend cannot export by selector`,
        `without it everything is exported; \`--plugin\` chooses the other backends`,
      );
    const ask = async (own: AbortSignal) => exporter.checkMatch?.(match, own);
    await understood([name, match], signal, () => withTimeLimit(ask, signal, { limitMs: UNDERSTOOD_MS }));
  }
}

/**
 * Starts every export whose backend can only say so that it understands its selector, and discards the result: before a
 * snapshot's directory exists.
 * @throws UsageError for the first selector that makes no sense
 */
export async function tryMatches({ parts }: ExportPlan, signal: AbortSignal): Promise<void> {
  for (const { open, request } of parts) {
    const { export: exporter } = open.backend;
    if (request.match === undefined || exporter.checkMatch !== undefined) continue;
    await understood([open.name, request.match], signal, () => exporter.start(request, signal));
  }
}

/**
 * Has every backend parse its selector for a restore, with nothing to choose from, before anything is read.
 * @throws UsageError for the first selector that makes no sense
 */
export async function checkRestoreMatches(
  matches: ReadonlyMap<string, string>,
  { backends, signal }: Pick<TaskContext, "backends" | "signal">,
): Promise<void> {
  for (const named of matches) {
    const restorer = backends.find(({ name }) => name === named[0])?.backend.restore;
    if (restorer !== undefined) await understood(named, signal, () => parsed(named[1], restorer, signal));
  }
}

async function parsed(
  match: string,
  { selection, matcher }: Pick<Restorer, "selection" | "matcher">,
  signal: AbortSignal,
): Promise<void> {
  if (selection !== undefined) await selection(match, nothing(), signal);
  else if (matcher !== undefined) await readSelector(matcher(match), signal);
}

async function* nothing(): AsyncGenerator<never> {}

/** Any other error is left to the work itself. @throws UsageError when the selector makes no sense */
async function understood(
  [name, match]: readonly [string, string],
  signal: AbortSignal,
  parse: () => Promise<unknown>,
): Promise<void> {
  try {
    await parse();
  } catch (error) {
    signal.throwIfAborted();
    if (isKind(error, "invalid"))
      throw new UsageError(`--match ${name}=${match}: ${error.message}`, hintOf(error));
  }
}
