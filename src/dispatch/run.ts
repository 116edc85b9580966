import { asksForHelp, readArguments } from "../commands/arguments.ts";
import { type Call, type Command, type Group, isGroup } from "../commands/command.ts";
import { EXIT, type ExitCode, endedCode } from "../commands/exit-code.ts";
import { printFailure } from "../commands/print-result.ts";
import { closest } from "../config/closest.ts";
import { takeStrays } from "../host/trust/stray-modules.ts";
import { UsageError } from "../tasks/errors.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { VERSION } from "../version.ts";
import { ROOT } from "./commands.ts";
import { usageOf } from "./usage.ts";

/** What a run gets from outside. */
type Surroundings = Pick<Call, "terminal" | "env" | "directory" | "signal">;

/**
 * Finds the named command, checks its arguments and runs it. The caller shows errors on stderr; with `--json`, stdout gets the
 * error, too, if the command printed nothing.
 */
export async function runWords(words: readonly string[], around: Surroundings): Promise<ExitCode> {
  let silent = true;
  const print = (...lines: readonly string[]): void => {
    silent = false;
    around.terminal.print(...lines);
  };
  const terminal = { ...around.terminal, print };
  try {
    return await runFound(words, { ...around, terminal });
  } catch (error) {
    if (silent && words.includes("--json")) printFailure(around.terminal, error);
    throw error;
  }
}

async function runFound(words: readonly string[], around: Surroundings): Promise<ExitCode> {
  const { terminal } = around;
  if (words.length === 1 && (words[0] === "--version" || words[0] === "-v")) {
    terminal.print(VERSION);
    return EXIT.ok;
  }
  const found = await find(ROOT, commandFirst(words));
  if (asksForHelp(found.rest)) {
    refuseUnknown(found, words[0] === "help");
    const paper = { colors: terminal.colors, width: terminal.width() };
    terminal.print(...(await usageOf(found.help, found.path, paper)).split("\n"));
    return EXIT.ok;
  }
  if (isGroup(found.entry)) return refuse(found.entry, found, terminal);
  refuseMistyped(found.entry, found);
  const { config, set, debug, help: _, ...args } = readArguments(found.entry, found.rest);
  const overrides = Object.fromEntries(set);
  const call = {
    ...around,
    args,
    json: args.json === true,
    configFile: config,
    overrides,
    debug,
    root: ROOT,
  };
  return endedCode(await withoutStrays(call, found.entry), call.signal);
}

/** A plugin that tried to load an untrusted file did not stop the command, but the command must not end well. */
async function withoutStrays(call: Call, command: Command): Promise<ExitCode> {
  let code: ExitCode | undefined;
  let error: unknown;
  try {
    code = await command.run(call);
  } catch (thrown) {
    error = thrown;
  }
  const [first, ...others] = takeStrays();
  if (first !== undefined) {
    const { refuseStrays } = await import("./refuse-strays.ts");
    await refuseStrays(call, [first, ...others], error);
  }
  if (code === undefined) throw error;
  return code;
}

interface Found {
  readonly entry: Command | Group;
  /** What `--help` describes: the group rather than its default command. */
  readonly help: Command | Group;
  readonly path: readonly string[];
  readonly rest: readonly string[];
}

/** Follows the leading words down the command tree as far as they name one. */
async function find(group: Group, words: readonly string[], path: readonly string[] = []): Promise<Found> {
  const [word = "", ...rest] = words;
  const load = Object.hasOwn(group.commands, word) ? group.commands[word] : undefined;
  if (load !== undefined) {
    const entry = await load();
    const deeper = [...path, word];
    return isGroup(entry) ? find(entry, rest, deeper) : { entry, help: entry, path: deeper, rest };
  }
  const fallback = group.default === undefined ? undefined : await group.commands[group.default]?.();
  return { entry: fallback ?? group, help: group, path, rest: words };
}

/** `help export` is `export --help`, and `--debug export` is `export --debug`. */
function commandFirst(words: readonly string[]): readonly string[] {
  const [first, second] = words;
  if (first === "help") return [...words.slice(1), "--help"];
  const length = first === "--config" && second !== undefined ? 2 : 1;
  const common = first === "--debug" || first === "--config" || first?.startsWith("--config=");
  if (!common || words.length <= length) return words;
  return [...commandFirst(words.slice(length)), ...words.slice(0, length)];
}

/** Refuses help for a command that does not exist, instead of showing other help. @throws UsageError */
function refuseUnknown({ help, path, rest }: Found, isHelp: boolean): void {
  const [word = "-"] = rest;
  if (word.startsWith("-")) return;
  if (isGroup(help)) throw unknownWord(help, path, word);
  const line = path.join(" ");
  if (isHelp) throw new UsageError(`${line} has no command ${word}`, `contextcore help ${line}`);
}

/** A group was named, but none of its commands. */
async function refuse(group: Group, { path, rest }: Found, terminal: Terminal): Promise<ExitCode> {
  const [word] = rest;
  if (word !== undefined) throw unknownWord(group, path, word);
  const paper = { colors: terminal.noteColors, width: terminal.noteWidth() };
  terminal.note(...(await usageOf(group, path, paper)).split("\n"));
  return EXIT.usage;
}

/**
 * A group's default command that takes no words got one: it was meant as the name of a command, and there is none.
 * @throws UsageError
 */
function refuseMistyped({ args = {} }: Command, { help, path, rest: [word = "-"] }: Found): void {
  const takesWords = Object.values(args).some(({ type }) => type === "positional");
  if (isGroup(help) && !takesWords && !word.startsWith("-")) throw unknownWord(help, path, word);
}

function unknownWord(group: Group, path: readonly string[], word: string): UsageError {
  const meant = closest(word, Object.keys(group.commands));
  const kind = word.startsWith("-") ? "flag" : "command";
  const line = ["contextcore", ...path].join(" ");
  return new UsageError(
    `unknown ${kind} ${word}`,
    meant === undefined ? `${line} --help lists the commands` : `did you mean ${line} ${meant}?`,
  );
}
