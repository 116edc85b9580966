import { messageOf, PluginError, systemCode, systemRefusal } from "contextcore";

/** The name cannot be that of a file there: something of another kind has it, or the file system does not allow it. */
const OF_THE_NAME = ["EEXIST", "ENOTDIR", "EISDIR", "ENOTEMPTY", "ENAMETOOLONG", "EILSEQ", "EINVAL"];
const REFUSED = ["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG", "ELOOP"];

/** Awaits work in the directory `root`. @throws PluginError for whatever the system refuses */
export async function classified<Result>(root: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const code = systemCode(cause);
    if (cause instanceof PluginError || code === undefined) throw cause;
    const refusal = systemRefusal(cause, { purpose: "write", instead: { place: "name another directory" } });
    const kind = OF_THE_NAME.includes(code) ? "invalid" : REFUSED.includes(code) ? "refused" : "temporary";
    const hint = refusal?.remedies.join(", or ");
    throw new PluginError(kind, `cannot use ${pathOf(cause) ?? root}: ${refusal?.what ?? messageOf(cause)}`, {
      hint:
        hint === undefined || hint === "" ? undefined : `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`,
      cause,
    });
  }
}

const pathOf = (error: unknown): string | undefined =>
  error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : undefined;

/** What `work` gives; `undefined` where there is no such file or directory, or could be none of so long a name. */
export async function ifThere<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}
