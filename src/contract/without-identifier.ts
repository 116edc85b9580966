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
  const spellings = spellingsOf(id);
  const blot = (text: string): string =>
    spellings === undefined ? text : text.replace(spellings, () => PLACEHOLDER);
  const { kind, message, status, timedOut, absent, retryAfterMs } = error;
  const hint = error.hint === undefined ? undefined : blot(error.hint);
  if (blot(message) === message && hint === error.hint && error.cause === undefined) return error;
  return new PluginError(kind, blot(message), { hint, status, timedOut, absent, retryAfterMs });
}

const escapeRegex = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");

/** As it stands in an expression, in a string, and in an address; `undefined` for nothing at all. */
function spellingsOf(id: string): RegExp | undefined {
  if (id === "") return undefined;
  const quoted = [id, escapeRegex(id)].flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  const all = quoted.flatMap((text) => [
    ...[text, encodeURIComponent(text.toWellFormed())],
    new URLSearchParams({ "": text }).toString().slice(1),
  ]);
  const longestFirst = [...new Set(all)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(escapeRegex).join("|"), "g");
}
