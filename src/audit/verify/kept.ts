/** The events that outlived a prune: each line proves itself, and the prune's event has the hash of all. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LineError, readLine } from "../format/chain.ts";
import { codeOf } from "../format/error.ts";
import type { Pruned } from "./chain-check.ts";
import type { Findings } from "./finding.ts";

/**
 * Checks the file that the newest `audit_prune` names.
 * @throws what the system says when the file is there and cannot be read
 */
export function checkKept(directory: string, pruned: Pruned | undefined, findings: Findings): void {
  if (pruned?.keptFile === undefined) return;
  const { keptHash } = pruned;
  const where = basename(pruned.keptFile);
  const difference = (what: string): void => findings.add({ severity: "difference", where, what });
  const bytes = readOptional(join(directory, where));
  if (bytes === undefined) {
    difference("the file with the events that are kept longest is missing");
    return;
  }
  if (Bun.SHA256.hash(bytes, "hex") === keptHash) return;
  difference("the events that are kept longest are not those that the prune recorded");
  bytes
    .toString()
    .split("\n")
    .slice(0, -1)
    .forEach((line, index) => {
      try {
        readLine(line);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        findings.add({ severity: "difference", where: `${where}:${index + 1}`, what: error.message });
      }
    });
}

function readOptional(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
