/** The rules that every backend is held to, run on this one. */
import { mkdirSync, writeFileSync } from "node:fs";
import files from "../../../plugins/files/index.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { makeTree } from "./trees.ts";

/** A tree in which one person has files of their own, between those of others. */
function peoplesTree(): string {
  const path = makeTree();
  for (const person of ["471", "4711", "47112"]) {
    mkdirSync(`${path}/etc/people/${person}/sent`, { recursive: true });
    writeFileSync(`${path}/etc/people/${person}/letter`, `to ${person}`);
    writeFileSync(`${path}/etc/people/${person}/sent/letter`, `from ${person}`);
  }
  return path;
}

testBackend({
  declaration: files,
  options: { path: peoplesTree() },
  subject: { id: "4711", where: "*/people/{id}" },
  empty: { path: temporaryDirectory() },
  // What tells whether a file has changed is of this machine alone.
  restorable: (file) => file !== "files/seen.jsonl",
  waived: [
    "limits",
    "count-split-is-whole",
    "counts-agree",
    "export-within-range",
    "count-within-range",
    "restore-within-range",
    ...MATCH_RULES,
    ...SERVER_RULES,
    "expire-old",
  ],
});
