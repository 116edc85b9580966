/**
 * Turns words into checked values. citty parses; what it would silently accept (unknown flags, repeated flags, missing values,
 * extra words) is refused here first.
 */
import { parseArgs as tokenize } from "node:util";
import { type ArgsDef, parseArgs } from "citty";
import { closest } from "../config/closest.ts";
import { UsageError } from "../tasks/task/errors.ts";
import type { Param, Params, ParamValues } from "../tasks/task/param.ts";
import { readText } from "../tasks/task/read-text.ts";
import { COLOR_WISHES } from "../terminal/styles.ts";
import type { Manner } from "../terminal/terminal.ts";
import { given } from "../units/given.ts";
import type { Command } from "./command.ts";

/** Arguments that every command accepts. */
export const COMMON = {
  config: {
    type: "value",
    hint: "FILE",
    complete: "files",
    about: "the configuration file (default: contextcore.yaml here or in a parent directory)",
  },
  set: {
    type: "value",
    hint: "KEY=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "one setting for this run, e.g. backends.loki.url=http://localhost:3100",
  },
  quiet: {
    type: "flag",
    alias: "q",
    about: "show only errors and the last line; listings and JSON stay whole",
  },
  verbose: {
    type: "flag",
    alias: "v",
    about: "show every request to a server and every wait, one per line, without secrets",
  },
  color: {
    type: "value",
    values: COLOR_WISHES,
    about: "when to use colours (default: auto, on a terminal)",
  },
  pager: { type: "flag", on: true, about: "do not show long results in a pager" },
  debug: { type: "flag", about: "show details and stacks" },
  help: { type: "flag", alias: "h", about: "show this help" },
} as const satisfies Params;

/** Common arguments of which only one may be given. */
const EXCLUSIVE = [["quiet", "verbose"]] as const;

/** `KEY=VALUE`. @throws RangeError */
export function readSetting(text: string): readonly [string, string] {
  const [, key, value] = /^([\w/.-]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new RangeError(`not KEY=VALUE: ${JSON.stringify(text)}`);
  return [key, value];
}

/** The texts given for each argument, by name; flags are `true` or `false`. */
type Given = Map<string, (string | boolean)[]>;

/**
 * Checks the words against the declaration and parses the values.
 * @throws UsageError for the first mistake
 */
export function readArguments<A extends Params>(
  command: Command<A>,
  words: readonly string[],
): ParamValues<A & typeof COMMON> {
  const declared: Params = { ...COMMON, ...command.args };
  const given = collect(declared, words);
  checkExclusive([...EXCLUSIVE, ...(command.exclusive ?? [])], declared, given);
  const parsed: Record<string, unknown> = parseArgs([...words], toCitty(declared));
  const now = Date.now();
  const values = Object.entries(declared).map(([name, arg]) => [
    name,
    readValue([name, arg], given.get(name), parsed[name], now),
  ]);
  // The declaration determines the type: `readValue` covers the same cases as `ParamValues`.
  return Object.fromEntries(values) as ParamValues<A & typeof COMMON>;
}

/** True when help is requested, however wrong the other words are. */
export function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? words.length : end).some((word) => word === "--help" || word === "-h");
}

/** How the user wants to be told, as far as the words say it: mistakes in them are told in that manner, too. */
export function mannerOf(args: Params | undefined, words: readonly string[]): Manner {
  const options = tokensOf({ ...COMMON, ...args }, words).filter((token) => token.kind === "option");
  const has = (name: string): boolean => options.some((option) => option.name === name);
  const color = options.findLast(({ name }) => name === "color")?.value;
  return {
    quiet: has("quiet"),
    color: COLOR_WISHES.find((wish) => wish === color) ?? "auto",
    pager: !has("no-pager"),
  };
}

/** Without the common arguments in front, which may stand before a command as well. */
export function withoutCommon(words: readonly string[]): readonly string[] {
  const length = commonLength(words);
  return length === 0 ? words : withoutCommon(words.slice(length));
}

/** How many of the first words are a common argument. */
function commonLength([first = "", second]: readonly string[]): number {
  const [typed = "", value] = first.split("=", 2);
  const name = Object.keys(COMMON).find((one) => isTypedAs(one, typed));
  if (name === undefined || name === "help") return 0;
  const takesNext = toParams(COMMON)[name]?.type === "value" && value === undefined;
  return takesNext && second !== undefined ? 2 : 1;
}

const toParams = (params: Params): Params => params;

function isTypedAs(name: string, typed: string): boolean {
  const arg = toParams(COMMON)[name];
  const alias = arg?.type === "flag" || arg?.type === "value" ? arg.alias : undefined;
  return typed === `--${flagName(name, arg)}` || (alias !== undefined && typed === `-${alias}`);
}

/** The declaration in citty's form. */
const toCitty = (args: Params): ArgsDef =>
  Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, cittyArg(arg)]));

function cittyArg(arg: Param): ArgsDef[string] {
  if (arg.type === "positional") return { type: "positional", required: false };
  const alias = given({ alias: arg.alias });
  if (arg.type === "value") return { type: "string", ...alias };
  return { type: "boolean", ...alias, ...(arg.on ? { default: true } : {}) };
}

function collect(declared: Params, words: readonly string[]): Given {
  const given: Given = new Map();
  const positionals = Object.entries(declared).filter(([, arg]) => arg.type === "positional");
  const add = (name: string, value: string | boolean) => given.set(name, [...(given.get(name) ?? []), value]);
  for (const token of tokensOf(declared, words)) {
    if (token.kind === "option") add(...readOption(declared, token));
    else if (token.kind === "positional") add(takePositional(positionals, given, token.value), token.value);
  }
  for (const [name, arg] of Object.entries(declared)) checkCount(name, arg, given.get(name) ?? []);
  return given;
}

function tokensOf(declared: Params, words: readonly string[]) {
  const options = Object.entries(declared).flatMap(([name, arg]) => {
    if (arg.type === "positional") return [];
    const type = arg.type === "flag" ? ("boolean" as const) : ("string" as const);
    return [[name, arg.alias === undefined ? { type } : { type, short: arg.alias }]];
  });
  const { tokens } = tokenize({
    args: [...words],
    options: Object.fromEntries(options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function readOption(declared: Params, token: OptionToken): [string, string | boolean] {
  const { name, rawName, value } = token;
  const arg = Object.hasOwn(declared, name) ? declared[name] : undefined;
  if (arg === undefined || arg.type === "positional") return readNegation(declared, token);
  if (arg.type === "flag") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return [name, true];
  }
  if (value === undefined || value === "")
    throw new UsageError(`${rawName} needs a value${arg.hint ? `: ${rawName} ${arg.hint}` : ""}`);
  if (token.inlineValue === false && value.length > 1 && value.startsWith("-")) {
    throw new UsageError(
      `${rawName} needs a value, and ${value} looks like a flag`,
      `if it is the value, write --${name}=${value}`,
    );
  }
  return [name, value];
}

function readNegation(declared: Params, { name, rawName, value }: OptionToken): [string, boolean] {
  const positive = name.startsWith("no-") ? name.slice(3) : undefined;
  const arg = positive !== undefined && Object.hasOwn(declared, positive) ? declared[positive] : undefined;
  if (positive === undefined || arg?.type !== "flag" || arg.on !== true) throw unknownFlag(declared, rawName);
  if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
  return [positive, false];
}

function unknownFlag(declared: Params, rawName: string): UsageError {
  const meant = closest(rawName.replace(/^-+/, ""), flagNames(declared));
  const hint = rawName.startsWith("--") && meant !== undefined ? `did you mean --${meant}?` : undefined;
  return new UsageError(`unknown flag ${rawName}`, hint);
}

/** Every long flag that a command accepts, as typed. */
const flagNames = (declared: Params): string[] =>
  Object.entries(declared).flatMap(([name, arg]) => (arg.type === "positional" ? [] : [flagName(name, arg)]));

function takePositional(
  positionals: readonly (readonly [string, Param])[],
  given: Given,
  word: string,
): string {
  for (const [name, arg] of positionals) {
    if (!given.has(name) || (arg.type === "positional" && arg.repeatable)) return name;
  }
  throw new UsageError(`unexpected argument ${JSON.stringify(word)}`);
}

function checkCount(name: string, arg: Param, values: readonly (string | boolean)[]): void {
  if (arg.type === "flag") {
    if (values.length > 1) throw new UsageError(`--${flagName(name, arg)} is given more than once`);
    return;
  }
  const shown = display(name, arg);
  if (values.length > 1 && !arg.repeatable) throw new UsageError(`${shown} is given more than once`);
  if (values.length === 0 && arg.required) throw new UsageError(`${shown} is missing`);
}

const display = (name: string, arg: Param): string =>
  arg.type === "positional" ? (arg.hint ?? name.toUpperCase()) : `--${name}`;

function checkExclusive(sets: readonly (readonly string[])[], declared: Params, given: Given): void {
  for (const set of sets) {
    const [first, second] = set
      .filter((name) => given.has(name))
      .map((name) => asTyped(name, declared[name]));
    if (second !== undefined) {
      throw new UsageError(`${first} and ${second} contradict each other`, "give one of them");
    }
  }
}

const asTyped = (name: string, arg: Param | undefined): string =>
  arg?.type === "positional" ? display(name, arg) : `--${flagName(name, arg)}`;

/** The name as typed, without dashes: `traces`, which is on by default, becomes `no-traces`. */
export const flagName = (name: string, arg: Param | undefined): string =>
  arg?.type === "flag" && arg.on ? `no-${name}` : name;

function readValue(
  [name, arg]: readonly [string, Param],
  given: readonly (string | boolean)[] | undefined,
  parsed: unknown,
  now: number,
): unknown {
  if (arg.type === "flag") return arg.on ? parsed !== false : parsed === true;
  const read = (text: string): unknown => readText(display(name, arg), arg, text, now);
  const texts = (given ?? []).map(String);
  if (arg.repeatable) return texts.map(read);
  const text = typeof parsed === "string" && given !== undefined ? parsed : arg.default;
  return text === undefined ? undefined : read(text);
}
