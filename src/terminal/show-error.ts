import type { FAILURE } from "../results/program.ts";
import type { ValueOf } from "../results/result.ts";
import { lastWordOf } from "../tasks/task/last-word.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { systemRefusal } from "../units/system-refusal.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Shows an error to a person on stderr, in two or three lines: what happened and where, what to do (the error's `hint`), with
 * `debug` the stack and the causes, and last what is true now, if the error says so.
 */
export function showError(error: unknown, terminal: Terminal, debug: boolean): void {
  const { cyan, dim } = terminal.noteColors;
  terminal.fault("error", summaryOf(error));
  const [hint, ...toCopy] = hintOf(error);
  if (hint !== undefined) terminal.last(`${cyan("hint:")} ${hint}`, ...toCopy);
  if (debug) for (const line of stackLines(error)) terminal.last(dim(line));
  const word = lastWordOf(error);
  if (word !== undefined) terminal.last(word);
}

/** The same for programs. */
export function errorJson(error: unknown): ValueOf<typeof FAILURE> {
  const lines = hintOf(error);
  const hint = lines.length === 0 ? undefined : lines.join("\n");
  return { error: { message: summaryOf(error), ...given({ hint }) } };
}

/** One or two sentences; a longer message keeps its first three lines, in one: they may be somebody else's. */
export function summaryOf(error: unknown): string {
  const said = messageOf(error);
  const message = refusalOf(error)?.message ?? said;
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? nameOf(error) : lines.slice(0, 3).join("\n  ");
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown error");

function hintOf(error: unknown): readonly string[] {
  const own = error instanceof Error && "hint" in error ? error.hint : undefined;
  const hint = typeof own === "string" || Array.isArray(own) ? own : refusalOf(error)?.hint;
  return hint === undefined ? [] : [hint].flat().map(String);
}

function stackLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? "").split("\n");
  return error.cause === undefined ? own : [...own, "caused by:", ...stackLines(error.cause)];
}

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

/** A file system error that no layer has put into its own words. */
function refusalOf(error: unknown): { readonly message: string; readonly hint: string } | undefined {
  if (!(error instanceof Error) || !("syscall" in error)) return undefined;
  const refusal = systemRefusal(error, { instead: { place: "name another place" } });
  if (refusal === undefined) return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : "a file";
  const verb = VERBS[String(error.syscall)] ?? "used";
  return { message: `${path} cannot be ${verb}: ${refusal.what}`, hint: refusal.remedies.join(", or ") };
}
