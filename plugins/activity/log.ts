/** The log of runs, opened for as long as one piece of work takes, and what its errors mean to the engine. */
import { existsSync } from "node:fs";
import { type ErrorKind, messageOf, NS_PER_MS, PluginError, type Range } from "contextcore";
import { openRunRecords, type RunRecords } from "contextcore/activity";

/** What an instance saves. */
export interface Saved {
  readonly path: string;
  /** Whether what was said is saved, too. */
  readonly isSaid: boolean;
}

/** How long runs stay in the log. */
export interface Keeping {
  /** ns */
  readonly retention: bigint;
  readonly clock: () => bigint;
}

/** Its only data file. */
export const RUNS = "activity/runs.jsonl";

/** Does the work; without a log there is nothing to look at. @returns `undefined` when there is none @throws PluginError */
export const withLog = <Result>(
  { path }: Pick<Saved, "path">,
  work: (log: RunRecords) => Result,
): Result | undefined => (existsSync(path) ? opened(path, "read", work) : undefined);

/** Does the work, and makes the log where it is not there. @throws PluginError */
export const writing = <Result>({ path }: Pick<Saved, "path">, work: (log: RunRecords) => Result): Result =>
  opened(path, "write", work);

function opened<Result>(path: string, access: "read" | "write", work: (log: RunRecords) => Result): Result {
  try {
    using log = openRunRecords(path, access);
    const result = work(log);
    return result;
  } catch (error) {
    throw classified(error, path);
  }
}

/** A range of the time line in whole ms, as the log has them. */
export const recordedIn = ({ from, to }: Range) => ({ from: ceil(from), to: ceil(to) });

const ceil = (ns: bigint): number => Number((ns + NS_PER_MS - 1n) / NS_PER_MS);

/** By SQLite's primary result code. https://www.sqlite.org/rescode.html */
const KINDS: Readonly<Record<number, ErrorKind>> = {
  ...{ 5: "temporary", 6: "temporary", 10: "temporary", 11: "invalid", 26: "invalid" },
  ...{ 8: "refused", 13: "refused", 14: "refused" },
};

function classified(error: unknown, path: string): PluginError {
  if (error instanceof PluginError) return error;
  const kind = KINDS[codeOf(error) & 0xff] ?? "invalid";
  const said = messageOf(error);
  const message = said.includes(path) ? said : `the log of runs ${path} cannot be used: ${said}`;
  return new PluginError(kind, message, { cause: error, hint: hintOf(error) ?? HINTS[kind] });
}

const HINTS: Readonly<Partial<Record<ErrorKind, string>>> = {
  temporary: "Another program has locked it.",
  invalid: "It is damaged; `sqlite3 FILE .recover` may save what is left of it.",
};

const hintOf = (error: unknown): string | undefined =>
  error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;

function codeOf(error: unknown): number {
  if (typeof error !== "object" || error === null) return 0;
  if ("errcode" in error) return Number(error.errcode);
  return "cause" in error ? codeOf(error.cause) : 0;
}
