/** What no configuration may make contextcore run. It stops mistakes and copied one-liners, not somebody who hides. */
import { posix } from "node:path";
import { findActs, findRoots, isFind } from "./find.ts";
import type { ShellCommand } from "./shell.ts";
import { isShell, programOf } from "./unwrap.ts";

export interface Rule {
  readonly name: string;
  /** One phrase: what it would do. */
  readonly why: string;
  matches(command: ShellCommand): boolean;
}

export const RULES: readonly Rule[] = [
  {
    name: "delete-vital",
    why: "it deletes the system, a home, or the whole project with its snapshots and audit trail",
    matches: (command) =>
      (programOf(command) === "rm" &&
        has(command, /^-\w*[rR]|^--recursive$/) &&
        targets(command).some(isVital)) ||
      has(command, /^--no-preserve-root$/) ||
      (isFind(programOf(command)) && findActs(command.words) && findRoots(command.words).some(isVital)) ||
      (/^(?:del|erase|rd|rmdir|remove-item|ri)$/.test(programOf(command)) &&
        has(command, /^\/s$|^-r(?:ec\w*)?$/i) &&
        targets(command).some((word) => /^[a-z]:\\?\*?$|^~|^\$home/i.test(word))),
  },
  {
    name: "delete-trail",
    why: "it removes or overwrites the audit trail",
    matches: (command) =>
      changesTrail(command) ||
      command.writesTo.some(isTrail) ||
      said(command, /^git (?:-\S+ (?:\S+ )??)*clean\b.* -\w*x/),
  },
  {
    name: "overwrite-disk",
    why: "it writes to a disk past its file systems",
    matches: (command) =>
      (programOf(command) === "dd" &&
        command.words.some((word) => word.startsWith("of=") && isDisk(word.slice(3)))) ||
      command.writesTo.some(isDisk) ||
      (/^(?:tee|cp|shred|blkdiscard|wipefs|badblocks)$/.test(programOf(command)) &&
        targets(command).some(isDisk)),
  },
  {
    name: "format-disk",
    why: "it makes or removes file systems, partitions or volumes",
    matches: (command) =>
      /^(?:mkfs(?:\..+)?|mke2fs|mkswap|wipefs|blkdiscard|s?fdisk|cfdisk|s?gdisk|parted|diskpart|(?:lv|vg|pv)remove)$/.test(
        programOf(command),
      ) ||
      said(
        command,
        /^(?:zpool|zfs) destroy|^cryptsetup (?:-\S+ )*(?:luksformat|erase)|^diskutil \S*(?:erase|partition)/,
      ) ||
      (programOf(command) === "format" && has(command, /^[a-z]:$/i)),
  },
  {
    name: "prune-everything",
    why: "it removes containers or volumes of every project on this machine, not of this stack",
    matches: (command) =>
      said(
        command,
        /^(?:docker|podman|nerdctl) (?:\S+ )*?(?:system|volume|container|image|network|builder|buildx) (?:prune|reset)\b/,
      ) ||
      (said(command, /^(?:docker|podman|nerdctl) (?:container |volume |image )?(?:rm|rmi|kill|stop)\b/) &&
        has(command, /[$`(].*(?:\bls\b|\bps\b|\bimages\b)/)),
  },
  {
    name: "delete-cluster",
    why: "it deletes across a whole cluster, not this stack",
    matches: (command) =>
      said(command, /^kubectl (?:.* )?delete\b/) &&
      (has(command, /^(?:-A|--all-namespaces)$/) ||
        said(command, /\bdelete (?:\S+ )*(?:ns|namespaces?|nodes?|pv|persistentvolumes?)\b.* --all\b/) ||
        said(command, /\bdelete (?:ns|namespaces?) (?:.* )?(?:kube-\S+|default)\b/)),
  },
  {
    name: "run-unseen",
    why: "it runs a program that nobody has looked at: what it does is only known once it is done",
    matches: (command) =>
      (command.reads !== undefined && isInterpreter(command) && targets(command).length === 0) ||
      (isShell(programOf(command)) && has(command, FETCHED)) ||
      (/^(?:eval|source|\.)$/.test(programOf(command)) && has(command, FETCHED)) ||
      /^(?:iex|invoke-expression)$/.test(programOf(command)),
  },
  {
    name: "delete-unseen",
    why: "it deletes what another program lists at that moment",
    matches: (command) =>
      /^(?:xargs|parallel)$/.test(programOf(command)) &&
      has(command, /^(?:\S*\/)?(?:rm|rmi|shred|kill|delete|uninstall)$/),
  },
  {
    name: "stop-machine",
    why: "it stops the machine, or every process on it",
    matches: (command) =>
      /^(?:shutdown|reboot|halt|poweroff|killall5)$/.test(programOf(command)) ||
      said(
        command,
        /^(?:tel)?init [06]\b|^systemctl (?:-\S+ )*(?:poweroff|reboot|halt|kexec)\b|^kill (?:-\S+ )*-1$/,
      ),
  },
];

const FORK_BOMB = /(\S+?)\s*\(\)\s*\{[^}]*\1\s*\|\s*\1[^}]*&[^}]*\}\s*;?\s*\1?/;

/** Rules about a whole text, for what is no single command. */
export const TEXT_RULES: readonly (Omit<Rule, "matches"> & { readonly text: RegExp })[] = [
  {
    name: "fork-bomb",
    why: "it starts itself over and over until the machine stands still",
    text: FORK_BOMB,
  },
];

const has = ({ words }: ShellCommand, pattern: RegExp): boolean =>
  words.slice(1).some((word) => pattern.test(word));

/** The words that are no options. */
const targets = ({ words }: ShellCommand): readonly string[] =>
  words.slice(1).filter((word) => !word.startsWith("-"));

const isTrail = (word: string): boolean => /\.contextcore\b/.test(word);

/** Whether it changes what its words name; what only reads the trail (`cp` from it) may. */
function changesTrail(command: ShellCommand): boolean {
  const program = programOf(command);
  if (isFind(program)) return findActs(command.words) && command.words.some(isTrail);
  if (/^(?:cp|ln|link|install|rsync|scp)$/.test(program)) {
    return (
      isTrail(targets(command).at(-1) ?? "") || has(command, /^(?:-t|--target-directory=?).*\.contextcore\b/)
    );
  }
  if (/^(?:g?sed|perl|ruby)$/.test(program))
    return has(command, /^-\w*i|^--in-place/) && has(command, /\.contextcore\b/);
  return (
    /^(?:rm|rmdir|shred|truncate|mv|dd|tee|unlink|ed|ex|sponge)$/.test(program) &&
    has(command, /\.contextcore\b/)
  );
}

const said = (command: ShellCommand, pattern: RegExp): boolean =>
  pattern.test([programOf(command), ...command.words.slice(1)].join(" ").toLowerCase());

/** `curl` or `wget` inside a substitution. */
const FETCHED =
  /[$<]\(.*\b(?:curl|wget|fetch)\b|`.*\b(?:curl|wget)\b|\b(?:curl|wget)\b.*\|\s*(?:sudo\s+)?\w*sh\b/;

const isInterpreter = (command: ShellCommand): boolean =>
  isShell(programOf(command)) ||
  /^(?:python[\d.]*|perl|ruby|node|bun|deno|php|pwsh|powershell)$/.test(programOf(command));

const SYSTEM =
  /^\/(?:bin|boot|dev|etc|home|lib(?:32|64)?|opt|proc|root|run|sbin|srv|sys|usr|var|users|system|library|applications)?$/i;

/** `/`, `/*`, `/usr`, `~`, `$HOME`, `.`, `..`, `*`, and what leads there (`/../`, `data/..`). */
function isVital(path: string): boolean {
  const bare = path.replace(/^["']|["']$/g, "");
  if (bare === "") return false;
  const plain = slashesOnce(bare).replace(/(?:\/+(?:\.|\*|\.\*|\{.*\})?)+$/, "");
  return (
    plain === "" ||
    plain === "*" ||
    SYSTEM.test(plain) ||
    /^(?:~\w*|\$\{?HOME\}?|\.|(?:\.\.\/?)+|\$\{?PWD\}?)$/.test(plain) ||
    /^\/(?:home|users|var\/lib(?:\/docker)?)\/?[^/]*$/i.test(plain)
  );
}

/** `//dev/./sda` is `/dev/sda`, and `/usr/../` is `/`. */
const slashesOnce = (path: string): string => posix.normalize(path).replace(/^\/+/, "/");

const isDisk = (path: string): boolean =>
  /^\/dev\/(?!null$|zero$|full$|tty|std|fd\/|shm\/|random$|urandom$)/.test(slashesOnce(path)) ||
  /^\\\\\.\\physicaldrive/i.test(path);
