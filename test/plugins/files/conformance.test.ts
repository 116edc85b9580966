/** The rules that every backend is held to, run on this one. */
import files from "../../../plugins/files/index.ts";
import { MATCH_RULES, SERVER_RULES, testBackend } from "../../support/conformance.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { makeTree } from "./trees.ts";

testBackend({
  declaration: files,
  options: { path: makeTree() },
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
    "find-then-erase",
  ],
});
