import { asksForHelp, mannerOf, readArguments, withoutCommon } from "../commands/arguments.ts";
import { type Call, type Command, type Group, isGroup } from "../commands/command.ts";
import { EXIT, type ExitCode, endedCode } from "../commands/exit-code.ts";
import { printFailure } from "../commands/print-result.ts";
import { closest } from "../config/closest.ts";
import { takeStrays } from "../host/trust/stray-modules.ts";
import { UsageError } from "../tasks/task/errors.ts";
import { columnsSaid } from "../terminal/columns.ts";
import { VERSION } from "../version.ts";
import { ROOT } from "./commands.ts";
import { lineForWord } from "./other-words.ts";
import { usageOf } from "./usage.ts";

/** What a run gets from outside. */
type Surroundings = Pick<Call, "terminal" | "env" | "directory" | "signal">;

/**
 * Finds the named command, checks its arguments and runs it. The caller shows errors on stderr; with `--json`, stdout gets the
 * error, too, if the command printed nothing.
 */
export async function runWords(words: readonly string[], around: Surroundings): Promise<ExitCode> {
  const { terminal } = around;
  try {
    return await runFound(words, around);
  } catch (error) {
    if (!terminal.hasPrinted && words.includes("--json")) printFailure(terminal, error);
    throw error;
  }
}

async function runFound(words: readonly string[], around: Surroundings): Promise<ExitCode> {
  const { terminal } = around;
  if (words.length === 1 && (words[0] === "--version" || words[0] === "-v")) {
    terminal.print(VERSION);
    return EXIT.ok;
  }
  const named = withoutCommon(words);
  const isHelp = named[0] === "help";
  const common = words.slice(0, words.length - named.length);
  const found = await find(ROOT, isHelp ? [...common, ...named.slice(1), "--help"] : words);
  terminal.heed(mannerOf(isGroup(found.entry) ? {} : found.entry.args, found.rest));
  if (asksForHelp(found.rest)) return showHelp(found, around, isHelp);
  if (isGroup(found.entry)) return refuse(found.entry, found, around);
  refuseMistyped(found.entry, found);
  const { config, set, debug, verbose, help: _, ...args } = readArguments(found.entry, found.rest);
  const overrides = Object.fromEntries(set);
  const call = {
    ...around,
    args,
    json: args.json === true,
    configFile: config,
    overrides,
    debug,
    verbose,
    root: ROOT,
  };
  return endedCode(await paged(call, found.entry), call.signal);
}

/** Shows a result that may be long when it is whole. */
async function paged(call: Call, command: Command): Promise<ExitCode> {
  const { terminal } = call;
  if (call.json || command.paged?.(call.args) !== true) return withoutStrays(call, command);
  terminal.beginPage();
  try {
    const code = await withoutStrays(call, command);
    await terminal.showPage();
    return code;
  } finally {
    terminal.leavePage();
  }
}

async function showHelp(found: Found, around: Surroundings, isHelp: boolean): Promise<ExitCode> {
  const { terminal, env } = around;
  refuseUnknown(found, isHelp);
  const width = Math.min(terminal.width(), columnsSaid(env) ?? Number.POSITIVE_INFINITY);
  const usage = await usageOf(found.help, found.path, { colors: terminal.colors, width });
  terminal.beginPage();
  terminal.print(...usage.split("\n"));
  await terminal.showPage();
  return EXIT.ok;
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

/** Follows the leading words down the command tree as far as they name one; common arguments may stand between them. */
async function find(
  group: Group,
  words: readonly string[],
  path: readonly string[] = [],
  common: readonly string[] = [],
): Promise<Found> {
  const named = withoutCommon(words);
  const [word = "", ...rest] = named;
  const passed = [...common, ...words.slice(0, words.length - named.length)];
  const load = Object.hasOwn(group.commands, word) ? group.commands[word] : undefined;
  if (load !== undefined) {
    const entry = await load();
    const deeper = [...path, word];
    if (isGroup(entry)) return find(entry, rest, deeper, passed);
    return { entry, help: entry, path: deeper, rest: [...passed, ...rest] };
  }
  const fallback = group.default === undefined ? undefined : await group.commands[group.default]?.();
  return { entry: fallback ?? group, help: group, path, rest: [...passed, ...named] };
}

/** Refuses help for a command that does not exist, instead of showing other help. @throws UsageError */
function refuseUnknown({ help, path, rest }: Found, isHelp: boolean): void {
  const [word = "-"] = withoutCommon(rest);
  if (word.startsWith("-")) return;
  if (isGroup(help)) throw unknownWord(help, path, word);
  const line = path.join(" ");
  if (isHelp) throw new UsageError(`${line} has no command ${word}`, `contextcore help ${line}`);
}

/** A group was named, but none of its commands. */
async function refuse(
  group: Group,
  { path, rest }: Found,
  { terminal, env }: Surroundings,
): Promise<ExitCode> {
  const [word] = withoutCommon(rest);
  if (word !== undefined) throw unknownWord(group, path, word);
  const width = Math.min(terminal.noteWidth(), columnsSaid(env) ?? Number.POSITIVE_INFINITY);
  const paper = { colors: terminal.noteColors, width };
  terminal.last(...(await usageOf(group, path, paper)).split("\n"));
  return EXIT.usage;
}

/**
 * A group's default command that takes no words got one: it was meant as the name of a command, and there is none.
 * @throws UsageError
 */
function refuseMistyped({ args = {} }: Command, { help, path, rest }: Found): void {
  const [word = "-"] = withoutCommon(rest);
  const takesWords = Object.values(args).some(({ type }) => type === "positional");
  if (isGroup(help) && !takesWords && !word.startsWith("-")) throw unknownWord(help, path, word);
}

function unknownWord(group: Group, path: readonly string[], word: string): UsageError {
  const near = closest(word, Object.keys(group.commands));
  const meant = near === undefined ? lineForWord(word) : [...path, near].join(" ");
  const kind = word.startsWith("-") ? "flag" : "command";
  const line = ["contextcore", ...path].join(" ");
  return new UsageError(
    `unknown ${kind} ${word}`,
    meant === undefined ? `${line} --help lists the commands` : `did you mean contextcore ${meant}?`,
  );
}
