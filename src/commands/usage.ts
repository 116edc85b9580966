import { type CommandDef, renderUsage } from "citty";
import type { Colors } from "../terminal/colors.ts";
import { COMMON, toCitty } from "./arguments.ts";
import { type Args, type Command, type Group, isGroup } from "./command.ts";

/** The help of a command or a group. @param path the words that name it, without the program's own name */
export async function usageOf(
  entry: Command | Group,
  path: readonly string[],
  colors: Colors,
): Promise<string> {
  const command = isGroup(entry) ? await defaultOf(entry) : entry;
  const text = await renderUsage({
    meta: { name: ["contextcore", ...path].join(" "), description: entry.about },
    ...(command === undefined ? {} : { args: toCitty(shownArgs(command)) }),
    ...(isGroup(entry) ? { subCommands: await summaries(entry) } : {}),
  });
  const examples = command === undefined ? [] : exampleLines(command, colors);
  const whole = [text.trimEnd(), ...examples].join("\n");
  return colors.isColorSupported ? whole : Bun.stripANSI(whole).replace(/ +$/gm, "");
}

async function defaultOf(group: Group): Promise<Command | undefined> {
  const entry = group.default === undefined ? undefined : await group.commands[group.default]?.();
  return entry === undefined || isGroup(entry) ? undefined : entry;
}

/** As they are typed: a flag that is on by itself stands as `--no-NAME`. */
function shownArgs(command: Command): Args {
  const entries = Object.entries<Args[string]>({ ...command.args, ...COMMON });
  return Object.fromEntries(
    entries.map(([name, arg]) => {
      if (arg.type !== "flag" || !arg.on) return [name, arg];
      return [`no-${name}`, { type: "flag", about: arg.about }];
    }),
  );
}

async function summaries(group: Group): Promise<Record<string, CommandDef>> {
  const entries = Object.entries(group.commands).map(async ([name, load]) => {
    const { about } = await load();
    return [name, { meta: { name, description: about } }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function exampleLines(command: Command, colors: Colors): string[] {
  const title = colors.underline(colors.bold("EXAMPLES"));
  const lines = command.examples.flatMap(({ line, about }) => [
    `  ${colors.dim(`# ${about}`)}`,
    `  ${colors.cyan(`contextcore ${line}`)}`,
  ]);
  return ["", title, "", ...lines];
}
