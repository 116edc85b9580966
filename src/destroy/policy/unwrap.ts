import { basename } from "node:path";
import { readShell, type ShellCommand } from "./shell.ts";

/** Programs that run another one, and those of their options that take a word of their own. */
const WRAPPERS: Readonly<Record<string, string>> = {
  sudo: "ugpCDRThU",
  doas: "uC",
  env: "uCS",
  nice: "n",
  ionice: "cnp",
  nohup: "",
  setsid: "",
  time: "fo",
  timeout: "ks",
  stdbuf: "ioe",
  xargs: "IEdnLPsa",
  busybox: "",
  command: "",
  exec: "a",
  builtin: "",
  unshare: "",
};

/** How many words of its own stand before the other program. */
const OPERANDS: Readonly<Record<string, number>> = { timeout: 1 };

const SHELLS = /^(?:ba|da|z|k|a|fi)?sh$/;

/** `/usr/bin/rm` is `rm`, `RM.EXE` too. */
export const programOf = ({ words }: ShellCommand): string =>
  basename(words[0] ?? "")
    .toLowerCase()
    .replace(/\.(?:exe|com)$/, "");

/** Whether the program runs what it is given as text. @param program its bare name, in lower case */
export const isShell = (program: string): boolean => SHELLS.test(program);

/** Every command that comes to run: inside wrappers (`sudo`, `env`, `xargs`), `sh -c` and `ssh`, itself included. */
export function allCommands(command: ShellCommand, depth = 0): readonly ShellCommand[] {
  if (depth > 8) return [command];
  const inner = innerCommands(command);
  return [command, ...inner.flatMap((one) => allCommands(one, depth + 1))];
}

function innerCommands(command: ShellCommand): readonly ShellCommand[] {
  const { words } = command;
  const program = programOf(command);
  if (/^\w+=/.test(words[0] ?? "")) return [{ ...command, words: words.slice(1) }];
  if (program in WRAPPERS) return [{ ...command, words: withoutWrapper(words, program) }];
  if (isShell(program)) return readShell(textAfter(words, /^-\w*c\w*$/));
  if (program === "eval") return readShell(words.slice(1).join(" "));
  if (program === "cmd") return readShell(textAfter(words, /^\/[ck]$/i));
  if (program === "powershell" || program === "pwsh") return readShell(textAfter(words, /^-c(?:ommand)?$/i));
  if (program === "ssh") return readShell(words.slice(2).join(" "));
  return [];
}

function withoutWrapper(words: readonly string[], program: string): readonly string[] {
  const valued = WRAPPERS[program] ?? "";
  let at = 1;
  for (let operands = OPERANDS[program] ?? 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (/^-\w$/.test(word) && valued.includes(word.slice(1))) at += 1;
    else if (program === "env" && /^\w+=/.test(word)) continue;
    else if (!word.startsWith("-") && operands === 0) break;
    else if (!word.startsWith("-")) operands -= 1;
  }
  return words.slice(at);
}

const textAfter = (words: readonly string[], flag: RegExp): string => {
  const at = words.findIndex((word) => flag.test(word));
  return at < 0 ? "" : words.slice(at + 1).join(" ");
};
