import { basename } from "node:path";
import { isFind, runByFind } from "./find.ts";
import { inContainer } from "./mounts.ts";
import { readShell, type ShellCommand } from "./shell.ts";

/** Programs and words of the shell that run another program, and how many words of their own stand before it. */
const WRAPPERS: ReadonlyMap<string, number> = new Map([
  ...(
    "sudo doas env nice ionice nohup setsid time stdbuf xargs parallel busybox toybox command exec builtin unshare nsenter " +
    "strace ltrace setpriv systemd-run pkexec fakeroot watch script unbuffer caffeinate tini dumb-init prlimit firejail " +
    "bwrap start-stop-daemon wsl coproc if then else elif while until do !"
  )
    .split(" ")
    .map((name) => [name, 0] as const),
  ...[
    "timeout",
    "flock",
    "chroot",
    "chrt",
    "taskset",
    "su",
    "runuser",
    "ssh",
    "gosu",
    "su-exec",
    "setarch",
  ].map((name) => [name, 1] as const),
]);

/** They put their words together and have a shell read them. */
const JOINS = /^(?:ssh|watch|parallel|eval)$/;
const SHELLS = /^(?:ba|da|z|k|a|fi)?sh$/;
/** By which option other interpreters take a text that is for a shell. */
const TEXT_FLAGS: Readonly<Record<string, RegExp>> = {
  cmd: /^\/[ck]$/i,
  powershell: /^-c(?:ommand)?$/i,
  pwsh: /^-c(?:ommand)?$/i,
};

/** More than any honest command holds; looking on would take long. */
const COMMANDS_MAX = 500;
const CHARACTERS_MAX = 60_000;
/** So many options with a word behind each no wrapper has. */
const CHOICES_MAX = 100;

/** `/usr/bin/rm` is `rm`, `RM.EXE` too. */
export const programOf = ({ words }: ShellCommand): string =>
  basename(words[0] ?? "")
    .toLowerCase()
    .replace(/\.(?:exe|com)$/, "");

/** Whether the program runs what it is given as text. @param program its bare name, in lower case */
export const isShell = (program: string): boolean => SHELLS.test(program);

/**
 * Every command that may come to run: inside wrappers (`sudo`, `env`, `xargs`), `sh -c` and `ssh`, itself included.
 * `undefined` when there are too many to look at.
 */
export function allCommands(command: ShellCommand): readonly ShellCommand[] | undefined {
  const seen = new Set<string>();
  const found: ShellCommand[] = [];
  let characters = 0;
  const left: ShellCommand[] = [command];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const key = JSON.stringify(one);
    if (seen.has(key)) continue;
    characters += key.length;
    if (seen.size === COMMANDS_MAX || characters > CHARACTERS_MAX) return undefined;
    seen.add(key);
    found.push(one);
    left.push(...innerCommands(one).toReversed());
  }
  return found;
}

function innerCommands(command: ShellCommand): readonly ShellCommand[] {
  const { words } = command;
  const first = words[0] ?? "";
  const program = programOf(command);
  const flag = isShell(program) ? /^-\w*c\w*$/ : TEXT_FLAGS[program];
  if (/^\w+\+?=/.test(first)) return [{ ...command, words: words.slice(1) }];
  if (/\s/.test(first)) return readShell(words.join(" ")); // `env -S "rm -rf /"`, `su -c "…"`
  if (flag !== undefined) return textBehind(words, flag).flatMap((text) => readShell(text));
  if (JOINS.test(program))
    return wrapped(words, WRAPPERS.get(program) ?? 0).flatMap((one) => readShell(one.join(" ")));
  if (isFind(program)) return runByFind(words).map((inner) => ({ ...command, words: inner }));
  const inner = WRAPPERS.has(program)
    ? wrapped(words, WRAPPERS.get(program) ?? 0)
    : inContainer(program, words);
  return inner.map((one) => ({ ...command, words: one }));
}

/**
 * What a wrapper may run. Which of its options take a word is not known here, so the word behind an option is taken for
 * both: the option's value, and the program.
 * @param operands how many words of its own stand before the program
 */
function wrapped(words: readonly string[], operands: number): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  let own = operands;
  let isBehindOption = false;
  for (const [at, word] of words.entries()) {
    if (at === 0) continue;
    if (word.startsWith("-")) {
      const text = /^(?:--split-string=(.*)|(?:--[\w-]+=|-\w)(.*\s.*))$/s.exec(word)?.slice(1).find(Boolean);
      if (text !== undefined) found.push([text, ...words.slice(at + 1)]); // `--split-string=rm -rf /`
      isBehindOption = !word.includes("=");
      continue;
    }
    if (/^\w+=\S*$/.test(word)) continue;
    if (found.length === CHOICES_MAX) break;
    found.push(words.slice(at));
    if (!isBehindOption && own === 0) break;
    if (!isBehindOption) own -= 1;
    isBehindOption = false;
  }
  return found;
}

function textBehind(words: readonly string[], flag: RegExp): readonly string[] {
  const at = words.findIndex((word) => flag.test(word));
  return at < 0 ? [] : wrapped(words.slice(at - 1), 0).map((rest) => rest.join(" "));
}
