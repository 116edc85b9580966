/** Selectors: which goes to which backend, and whether that understands it. */
import { isKind } from "../contract/errors.ts";
import type { ExportPlan } from "../export/plan.ts";
import { hintOf } from "../units/hint-of.ts";
import { UsageError } from "./errors.ts";

/**
 * Which selector goes to which backend: `loki={job="x"}`, or a plain selector when there is only one backend.
 * @throws UsageError when it is not clear which backend is meant, or one has two
 */
export function readMatches(
  texts: readonly string[],
  backends: readonly string[],
): ReadonlyMap<string, string> {
  const matches = new Map<string, string>();
  for (const text of texts) {
    const [backend, selector] = readMatch(text, backends);
    if (matches.has(backend)) throw new UsageError(`--match is given more than once for ${backend}`);
    matches.set(backend, selector);
  }
  return matches;
}

function readMatch(text: string, backends: readonly string[]): [string, string] {
  const name = backends.find((one) => text.startsWith(`${one}=`) && text.length > one.length + 1);
  if (name !== undefined) return [name, text.slice(name.length + 1)];
  const [only, second] = backends;
  if (only !== undefined && second === undefined) return [only, text];
  throw new UsageError(
    `--match ${text}: which backend is it for?`,
    `--match NAME=SELECTOR with one of ${backends.join(", ")}, or choose one backend with --plugin`,
  );
}

/**
 * Begins the exports that a selector restricts, and keeps nothing of it: a selector that a plugin or its server does not
 * understand is told before there is a snapshot's directory. Any other trouble is left to the export itself.
 * @throws UsageError for the first selector that makes no sense
 */
export async function checkMatches({ parts }: ExportPlan, signal: AbortSignal): Promise<void> {
  for (const { open, request } of parts) {
    if (request.match === undefined) continue;
    try {
      await open.backend.export.start(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isKind(error, "invalid"))
        throw new UsageError(`--match ${open.name}=${request.match}: ${error.message}`, hintOf(error));
    }
  }
}
