/** Finds what a command runs: after `sudo`, `env` and the like, in a shell text, after `find -exec`, in a container. */
import { posix } from "node:path";
import { readShell, type Words } from "./shell.ts";

const listed = (names: string): ReadonlySet<string> => new Set(names.split(" "));

/** Programs and shell words that run the command after them. */
const WRAPPERS = listed(
  "sudo doas env nice ionice nohup setsid time stdbuf xargs busybox toybox command exec builtin unshare nsenter strace " +
    "ltrace setpriv systemd-run pkexec fakeroot script unbuffer caffeinate tini dumb-init prlimit firejail bwrap " +
    "start-stop-daemon wsl coproc if then else elif while until do !",
);
/** These take one word of their own first: a time limit, a lock, a directory, a user, a host. */
const WITH_OPERAND = listed("timeout flock chroot chrt taskset su runuser ssh gosu su-exec setarch");
/** These join their words and pass them to a shell. */
const JOINING = listed("ssh watch parallel eval");

/** The programs that run a text given after `-c` or a similar option. */
export const SHELLS = "(?:ba|da|z|k|a|fi)?sh|pwsh|powershell|cmd";
const SHELL = new RegExp(`^(?:${SHELLS})$`);
const TEXT_OPTION = /^(?:-\w*c\w*|\/[ck])$/i;
const CONTAINERS = /^(?:docker|podman)(?:-compose)?$|^nerdctl$/;

/** A command and all commands that it may run, each as its words, from the outside in. A hostile one may yield endlessly many, so stop at a limit. */
export function* commandsIn(words: Words): Generator<Words> {
  if (words.length === 0) return;
  yield words;
  const own = words.join("\0");
  for (const inner of runBy(words)) if (inner.join("\0") !== own) yield* commandsIn(inner);
}

function* runBy(words: Words): Generator<Words> {
  const [first = "", ...rest] = words;
  const program = programOf(first);
  const operands = WITH_OPERAND.has(program) ? 1 : 0;
  const isAssignment = /^\w+\+?=/.test(first);
  const isShellText = /\s/.test(first); // behind `env -S` or `su -c`
  if (isAssignment) yield rest;
  else if (isShellText) yield* readShell(words.join(" "));
  else if (SHELL.test(program)) yield* readJoined(words.slice(textOption(words)), 0);
  else if (JOINING.has(program)) yield* readJoined(words, operands);
  else if (WRAPPERS.has(program) || operands > 0) yield* behindOptions(words, operands);
  else if (/^g?find$/.test(program)) yield* runByFind(words);
  else if (CONTAINERS.test(program)) yield* runInContainer(words);
}

const textOption = (words: Words): number => {
  const at = words.findIndex((word) => TEXT_OPTION.test(word));
  return at < 0 ? words.length : at;
};

function* readJoined(words: Words, operands: number): Generator<Words> {
  for (const inner of behindOptions(words, operands)) yield* readShell(inner.join(" "));
}

/**
 * What a wrapper may run. Which of its options take a value is unknown here, so the word after an option counts both as the
 * option's value and as the program.
 * @param operands how many words of its own come before the program
 */
function* behindOptions(words: Words, operands: number): Generator<Words> {
  let own = operands;
  let isBehindOption = false;
  for (const [at, word] of words.entries()) {
    if (at === 0 || /^\w+=\S*$/.test(word)) continue;
    if (word.startsWith("-")) {
      const [, text] = /^(?:--[\w-]+=|-\w(?=.*\s))(.*)$/s.exec(word) ?? [];
      if (text !== undefined) yield [text, ...words.slice(at + 1)]; // `--split-string=rm -rf /`
      isBehindOption = !word.includes("=");
      continue;
    }
    yield words.slice(at);
    if (!isBehindOption && own === 0) return;
    if (!isBehindOption) own -= 1;
    isBehindOption = false;
  }
}

/** The commands after `-exec` and similar options; `{}` means the found file. */
function* runByFind(words: Words): Generator<Words> {
  for (const [at, word] of words.entries()) {
    if (!/^-(?:exec|ok)(?:dir)?$/.test(word)) continue;
    const end = words.findIndex((one, index) => index > at && /^\\?[;+]$/.test(one));
    yield words.slice(at + 1, end < 0 ? words.length : end);
  }
}

const MOUNT =
  / (?:-v|--volume)[ =]?(?<from>[^:\s]+):(?<to>\/[^:\s]*[^:\s/])(?!\S*:\S*\bro\b)| --mount[ =](?!\S*,(?:ro|readonly)\b)(?=\S*\b(?:source|src)=(?<source>[^,\s]+))\S*\b(?:target|dst|destination)=(?<target>[^,\s]*[^,\s/])/g;

/**
 * What a container runs, with the machine's paths instead of the container's: `docker run -v /:/host image rm -rf /host` is
 * `rm -rf /`. Nothing if nothing of the machine is mounted, because it can then do no harm.
 */
function* runInContainer(words: Words): Generator<Words> {
  const at = words.findIndex((word) => word === "run" || word === "create");
  const mounts = [...words.join(" ").matchAll(MOUNT)];
  if (at < 0 || mounts.length === 0) return;
  yield* behindOptions(
    words.slice(at).map((word) => mounts.reduce(toOutside, word)),
    1,
  );
}

/** A path in a word, or in a text for a shell, as it is outside the container. */
function toOutside(word: string, { groups = {} }: RegExpExecArray): string {
  const { from, to = "", source, target = to } = groups;
  const path = new RegExp(`(?<=^|[\\s"'=])${RegExp.escape(target)}(?=$|[/\\s"';&|)])`, "g");
  return word.replace(path, () => from ?? source ?? "");
}

/** `/usr/bin/rm` is `rm`, `RM.EXE` too. */
const programOf = (word: string): string =>
  posix
    .basename(word)
    .toLowerCase()
    .replace(/\.(?:exe|com)$/, "");

/**
 * A command as the rules read it: the program by its bare name, paths as short as they go (`/tmp/../etc/` is `/etc`), one
 * blank between two words, and `␣` for a blank inside one.
 */
export const plainText = ([first = "", ...rest]: Words): string =>
  [programOf(first), ...rest.map(shortened)].map((word) => word.replace(/\s/g, "␣")).join(" ");

const shortened = (word: string): string =>
  /\s|^[^/]*$/.test(word) ? word : posix.normalize(word).replace(/(?<=.)\/$/, "");
