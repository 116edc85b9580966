/** What the system said no to, as a person reads it: `ENOENT: no such file or directory, mkdir '/proc/x'` helps nobody. */

export interface SystemRefusal {
  readonly message: string;
  readonly hint: string;
}

/** By the system's code: what is wrong with the path, and what to do. */
const CAUSES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: [
    "there is no such file or directory, or nothing may be made there",
    "look at the path; or name another place",
  ],
  EACCES: ["permission denied", "name a place that you may use, or change its permissions"],
  EPERM: ["the system does not permit it", "name a place that you may use, or change its permissions"],
  EROFS: ["the disk is read-only", "name a place on another disk"],
  ENOSPC: ["the disk is full", "make room on that disk, or name a place on another one"],
  EDQUOT: ["the disk quota is used up", "make room within the quota, or name a place on another disk"],
  ENOTDIR: ["a part of that path is a file", "name another place"],
  EISDIR: ["it is a directory", "name a file"],
  EEXIST: ["it is there already", "name another place, or move it away"],
  ENAMETOOLONG: ["the path is too long", "name a shorter one"],
  ELOOP: ["symbolic links on that path lead in a circle", "name another place"],
  EMFILE: ["too many files are open", "raise the limit: ulimit -n 4096"],
};

const VERBS: Readonly<Record<string, string>> = {
  mkdir: "made",
  open: "opened",
  scandir: "read",
  read: "read",
  write: "written",
  rename: "renamed",
  unlink: "removed",
  rm: "removed",
  rmdir: "removed",
};

/** The refusal in an error of the file system; `undefined` for every other error, and for codes that are not known here. */
export function systemRefusal(error: unknown): SystemRefusal | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  const [what, hint] = CAUSES[String(error.code)] ?? [];
  if (what === undefined || hint === undefined) return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : "a file";
  return { message: `${path} cannot be ${VERBS[String(error.syscall)] ?? "used"}: ${what}`, hint };
}
