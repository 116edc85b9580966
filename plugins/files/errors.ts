/** What the system's refusals mean to the engine. */
import { PluginError, systemCode, systemRefusal } from "contextcore";

/** A code of the system's, and not one of the runtime's: those begin with `ERR_`. */
const OF_SYSTEM = /^E[A-Z0-9]+$/;

/** Why one thing cannot be read; `undefined`: it is not there any more, which is no problem. @throws any error that is not the system's */
export function unreadable(error: unknown): string | undefined {
  const code = systemCode(error) ?? "";
  if (code === "ENOENT") return undefined;
  if (!OF_SYSTEM.test(code)) throw error;
  return systemRefusal(error, { purpose: "read" })?.what ?? `the system cannot read it (${code})`;
}

/** An error of the root. Others stay as they are. */
export function refusedRoot(root: string, error: unknown): unknown {
  const refusal = systemRefusal(error, { purpose: "read" });
  if (refusal === undefined) return error;
  const kind = systemCode(error) === "ENOENT" ? "not-found" : "refused";
  const what = systemCode(error) === "ENOTDIR" ? "it is not a directory" : refusal.what;
  return new PluginError(kind, `files: ${root} cannot be read: ${what}`, {
    hint: "The option `path` names a directory, or a pattern of directories.",
    cause: error,
  });
}
