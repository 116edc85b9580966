import { UsageError } from "../../tasks/errors.ts";

const NAMED = /^([a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*)?)=(.+)$/s;

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
  const [, name = "", selector = ""] = NAMED.exec(text) ?? [];
  if (backends.includes(name)) return [name, selector];
  const [only, second] = backends;
  if (only !== undefined && second === undefined) return [only, text];
  throw new UsageError(
    `--match ${text}: which backend is it for?`,
    `--match NAME=SELECTOR with one of ${backends.join(", ")}, or choose one backend with --plugin`,
  );
}
