/** What the system's refusals mean to the engine. */
import { PluginError, systemCode, systemRefusal } from "contextcore";

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
