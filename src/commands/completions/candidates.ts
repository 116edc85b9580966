/** What may follow the words typed so far, from the commands' declarations; the same for every shell. */

import type { Completion, Param, Params } from "../../tasks/task/param.ts";
import { given } from "../../units/given.ts";
import { COMMON, flagName, withoutCommon } from "../arguments.ts";
import { type Command, type Group, isGroup } from "../command.ts";

/** A word that may follow, and what a shell shows beside it. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** All that may stand where the cursor is. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  /** Left to the shell. */
  readonly paths?: "files" | "directories";
}

/** Finds values that no declaration lists. */
export type FindValues = (
  kind: Exclude<Completion, "files" | "directories">,
) => Promise<readonly Candidate[]>;

/**
 * Completions for the last word.
 * @param words what follows the program's name; the last one is being typed and may be empty
 */
export async function offerFor(root: Group, words: readonly string[], find: FindValues): Promise<Offer> {
  const typed = words.at(-1) ?? "";
  const { entry, rest } = await descend(root, words.slice(0, -1));
  const offers: Offer[] = [];
  if (isGroup(entry) && withoutCommon(rest).length === 0 && !awaitsValue(rest))
    offers.push({ candidates: await subcommands(entry) });
  const command = isGroup(entry) ? await defaultOf(entry) : entry;
  if (command !== undefined) offers.push(await argumentsFor(command, rest, typed, find));
  else if (typed.startsWith("-")) offers.push({ candidates: flags(COMMON, rest) });
  const candidates = offers.flatMap((offer) => offer.candidates).filter(({ word }) => word.startsWith(typed));
  const paths = offers.find((offer) => offer.paths !== undefined)?.paths;
  return { candidates, ...given({ paths }) };
}

/** The last word is a common argument whose value comes next. */
const awaitsValue = (words: readonly string[]): boolean =>
  valueFlag(COMMON, words.at(-1) ?? "") !== undefined;

/** Follows the words down the command tree; `help` may precede any of them. */
async function descend(
  group: Group,
  words: readonly string[],
): Promise<{ entry: Group | Command; rest: readonly string[] }> {
  const [word, ...rest] = withoutCommon(words);
  if (word === "help") return descend(group, rest);
  const load = word !== undefined && Object.hasOwn(group.commands, word) ? group.commands[word] : undefined;
  if (load === undefined) return { entry: group, rest: words };
  const entry = await load();
  return isGroup(entry) ? descend(entry, rest) : { entry, rest };
}

async function subcommands(group: Group): Promise<Candidate[]> {
  const entries = Object.entries(group.commands).map(async ([word, load]) => ({
    word,
    about: (await load()).about,
  }));
  return Promise.all(entries);
}

async function defaultOf(group: Group): Promise<Command | undefined> {
  const entry = group.default === undefined ? undefined : await group.commands[group.default]?.();
  return entry === undefined || isGroup(entry) ? undefined : entry;
}

async function argumentsFor(
  command: Command,
  before: readonly string[],
  typed: string,
  find: FindValues,
): Promise<Offer> {
  const args: Params = { ...COMMON, ...command.args };
  const [, flag] = /^--([\w-]+)=/.exec(typed) ?? [];
  if (flag !== undefined) return prefixed(await valuesFor(args[flag], find), `--${flag}=`);
  const pending = before.at(-1);
  const asked = pending === undefined ? undefined : valueFlag(args, pending);
  if (asked !== undefined) return valuesFor(asked, find);
  if (typed.startsWith("-")) return { candidates: flags(args, before) };
  return valuesFor(nextPositional(args, before), find);
}

/** The shells cannot complete paths after `--flag=`. */
const prefixed = ({ candidates }: Offer, prefix: string): Offer => ({
  candidates: candidates.map(({ word, about }) => ({ word: prefix + word, about })),
});

/** The argument that takes the next word as its value. */
function valueFlag(args: Params, word: string): Param | undefined {
  const found = Object.entries(args).find(
    ([name, arg]) => arg.type === "value" && (word === `--${name}` || word === `-${arg.alias}`),
  );
  return found?.[1];
}

/** Arguments that were not given yet, or may be repeated. */
function flags(args: Params, before: readonly string[]): Candidate[] {
  return Object.entries(args).flatMap(([name, arg]) => {
    if (arg.type === "positional") return [];
    const word = `--${flagName(name, arg)}`;
    const given = before.some((one) => one === word || one.startsWith(`${word}=`) || one === `-${arg.alias}`);
    const again = arg.type === "value" && arg.repeatable === true;
    return given && !again ? [] : [{ word, about: arg.about }];
  });
}

function nextPositional(args: Params, before: readonly string[]): Param | undefined {
  const positionals = Object.values(args).filter(({ type }) => type === "positional");
  const words = before.filter((word, index) => {
    const previous = before[index - 1];
    return !word.startsWith("-") && (previous === undefined || valueFlag(args, previous) === undefined);
  });
  const last = positionals.at(-1);
  return positionals[words.length] ?? (last?.type === "positional" && last.repeatable ? last : undefined);
}

async function valuesFor(arg: Param | undefined, find: FindValues): Promise<Offer> {
  if (arg === undefined || arg.type === "flag") return { candidates: [] };
  if (arg.values !== undefined) return { candidates: arg.values.map((word) => ({ word, about: "" })) };
  if (arg.complete === "files" || arg.complete === "directories")
    return { candidates: [], paths: arg.complete };
  return { candidates: arg.complete === undefined ? [] : await find(arg.complete) };
}
