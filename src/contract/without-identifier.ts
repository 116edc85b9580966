import { PluginError } from "./errors.ts";

/** What stands where an identifier stood. */
const PLACEHOLDER = "{id}";

/**
 * Does work that is about one person, such that no error of it has the identifier in its message: servers repeat what they were
 * asked. An error that does not repeat it stays as it is.
 */
export async function withoutIdentifier<Value>(id: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof PluginError ? without(error, id) : error;
  }
}

function without(error: PluginError, id: string): PluginError {
  const spellings = [id, JSON.stringify(id).slice(1, -1), encodeURIComponent(id)];
  const blot = (text: string): string =>
    spellings.reduce((left, spelling) => left.replaceAll(spelling, PLACEHOLDER), text);
  const { kind, message, status, timedOut, absent, retryAfterMs } = error;
  const hint = error.hint === undefined ? undefined : blot(error.hint);
  if (blot(message) === message && hint === error.hint && error.cause === undefined) return error;
  return new PluginError(kind, blot(message), { hint, status, timedOut, absent, retryAfterMs });
}
