/** What the system said no to, in words for people: `ENOENT: no such file or directory, mkdir '/proc/x'` helps nobody. */

/** What helps besides fixing the cause: how to choose another `place` or a smaller `size`. */
export type Instead = Readonly<Partial<Record<"place" | "size", string>>>;

/** What the sentence is about. */
export interface RefusalOptions {
  readonly purpose?: "read" | "write" | undefined;
  /** A directory and those above it were to be created. */
  readonly isMaking?: boolean;
  readonly instead?: Instead;
}

/** Why the system refused. */
export interface SystemRefusal {
  /** The end of a sentence: `… cannot be opened: permission denied`. */
  readonly what: string;
  /** What to do, without capital and full stop, because others may follow. */
  readonly remedies: readonly string[];
}

interface Cause {
  readonly what: string;
  /** Used instead of `what` when something was to be read. */
  readonly whenReading?: string;
  /** Used instead of `what` when a directory and those above it were to be created. */
  readonly whenMaking?: string;
  readonly remedy?: string | Readonly<Record<"read" | "write" | "use", string>>;
  /** What else helps; default: another place. */
  readonly instead?: keyof Instead | "nothing";
}

const PERMIT = {
  read: "give this user the right to read it",
  write: "give this user write permission there",
  use: "change its permissions",
} as const;
const FREE = "free some space there";

/** What is wrong and what fixes it, by the system's code. */
const CAUSES: Readonly<Record<string, Cause>> = {
  ENOENT: {
    what: "there is no such file or directory, or nothing may be created there",
    whenReading: "there is no such file or directory",
    whenMaking: "the system allows nothing to be created there",
  },
  EACCES: { what: "permission denied", remedy: PERMIT },
  EPERM: { what: "the system does not allow it", remedy: PERMIT },
  EROFS: { what: "the disk is mounted read-only", remedy: "mount it for writing" },
  ENOSPC: { what: "the disk is full", remedy: FREE },
  EDQUOT: { what: "the disk quota is used up", remedy: FREE },
  EFBIG: {
    what: "the file is larger than the system allows",
    remedy: "raise the file size limit (`ulimit -f`)",
    instead: "size",
  },
  ENOTDIR: { what: "a part of that path is a file", remedy: "move away the file that is in the way" },
  EISDIR: {
    what: "it is a directory",
    remedy: "move away the directory that is where the file should be",
  },
  EEXIST: {
    what: "it exists already",
    whenMaking: "a file of that name is in the way",
    remedy: "move away what is in the way",
  },
  ENAMETOOLONG: { what: "the path is too long", remedy: "choose a shorter one" },
  ELOOP: { what: "symbolic links on that path form a loop", remedy: "fix those links" },
  EMFILE: {
    what: "too many files are open",
    remedy: "raise the limit: ulimit -n 4096",
    instead: "nothing",
  },
};

/** The system's code (`ENOENT`, `ENOSPC`) of a failed operation, if the error has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether the error means that the file or directory does not exist. */
export const isMissing = (error: unknown): boolean => systemCode(error) === "ENOENT";

/** The refusal in a system error; `undefined` for any other error, and for codes that are not listed here. */
export function systemRefusal(error: unknown, options: RefusalOptions = {}): SystemRefusal | undefined {
  const cause = CAUSES[systemCode(error) ?? ""];
  if (cause === undefined) return undefined;
  const { purpose = "use", isMaking = false, instead = {} } = options;
  const { whenMaking, whenReading, remedy, instead: helps = "place" } = cause;
  const reading = purpose === "read" ? whenReading : undefined;
  const own = typeof remedy === "object" ? remedy[purpose] : remedy;
  const other = helps === "nothing" ? undefined : instead[helps];
  return {
    what: (isMaking ? whenMaking : reading) ?? cause.what,
    remedies: [own, other].filter((one) => one !== undefined),
  };
}
