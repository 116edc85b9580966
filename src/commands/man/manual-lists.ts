/** What the manual page lists that no command declares: the files, and a first day's work. */
import type { Example } from "../command.ts";

/** The files that the program reads and writes. */
export const FILES: readonly { readonly path: string; readonly about: string }[] = [
  { path: "contextcore.yaml", about: "the configuration; contextcore config init writes one" },
  { path: "contextcore.lock", about: "the files of third parties' plugins that may be loaded; commit it" },
  { path: "backups/YYYYMMDD-HHMMSS/", about: "a snapshot, named by the time when its export began, UTC" },
  {
    path: "backups/.YYYYMMDD-HHMMSS.partial/",
    about: "an unfinished export, which export --resume finishes",
  },
  { path: "backups/restores/", about: "the report of each restore, and the records that were refused" },
  { path: "backups/recoveries/", about: "the progress and the report of each recovery" },
  { path: ".contextcore/audit.jsonl", about: "the audit trail of the project" },
  { path: "~/.contextcore/audit.log", about: "the home copy of every trail of this user" },
  {
    path: "~/.contextcore/trails/",
    about: "the newest hash of each trail, and the keys that sign checkpoints",
  },
  { path: "~/.contextcore/agreements.json", about: "what this user has agreed to, by project" },
];

/** From a new project to a destroyed one, in the order of the work. */
export const FIRST_DAY: readonly Example[] = [
  { line: "config init", about: "Write a commented contextcore.yaml into this directory" },
  { line: "doctor", about: "Ask every server whether it works, and what will cause trouble" },
  { line: "inventory", about: "See what is there, and what no snapshot holds" },
  { line: "export --all", about: "Save everything; exit code 3 means that something is missing" },
  { line: "verify latest", about: "Prove what was saved, without a server" },
  { line: "restore latest --dry-run", about: "See what the servers would refuse, and write nothing" },
  { line: "restore latest --only dashboards --yes", about: "Put the dashboards back, without a question" },
  { line: "export --since-last", about: "Save every night what no snapshot holds yet" },
  {
    line: "snapshots prune --keep-daily 7 --keep-weekly 4 --dry-run",
    about: "See which snapshots a policy would remove",
  },
  { line: "destroy", about: "Destroy the stack, after an offer to save it" },
  { line: "audit verify", about: "Prove that the record of all this is as it was written" },
];
