/** Assigns selectors to backends, and checks that each backend understands its own. */
import { isKind } from "../contract/errors.ts";
import type { ExportPlan } from "../export/plan.ts";
import { hintOf } from "../units/hint-of.ts";
import { UsageError } from "./errors.ts";

/**
 * Assigns each selector to a backend: `loki={job="x"}`, or a plain selector when there is only one backend.
 * @throws UsageError when the backend is unclear, or has two selectors
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
 * Starts every export that has a selector and discards the result, so that a selector which the plugin or its server does not
 * understand is reported before a snapshot directory exists. Any other error is left to the export itself.
 * @throws UsageError for the first selector that makes no sense, or that its backend would not heed
 */
export async function checkMatches({ parts }: ExportPlan, signal: AbortSignal): Promise<void> {
  for (const { open, request } of parts) {
    if (request.match === undefined) continue;
    if (!open.backend.export.heeds?.includes("match"))
      throw new UsageError(
        `--match ${open.name}=${request.match}: this backend cannot export by selector`,
        `without it everything is exported; \`--plugin\` chooses the other backends`,
      );
    try {
      await open.backend.export.start(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isKind(error, "invalid"))
        throw new UsageError(`--match ${open.name}=${request.match}: ${error.message}`, hintOf(error));
    }
  }
}
