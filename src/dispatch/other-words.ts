/** What other tools call things, for people who come from them. */

/** The command here for a word of restic, gh, git, kubectl or Docker, where no command is spelled nearly like it. */
const WORDS: Readonly<Record<string, string>> = {
  apply: "dashboards provision",
  backup: "export",
  check: "verify",
  copy: "snapshots copy",
  diff: "snapshots diff",
  down: "destroy",
  dump: "snapshots convert",
  forget: "snapshots prune",
  get: "inventory",
  init: "config init",
  list: "snapshots list",
  log: "audit",
  logs: "audit",
  ls: "snapshots list",
  prune: "snapshots prune",
  save: "export",
  show: "snapshots show",
  stats: "inventory",
  status: "inventory",
};

/** The whole line that another tool's word means here. */
export const lineForWord = (word: string): string | undefined =>
  Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
