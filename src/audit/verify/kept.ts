/** The events that outlived a prune: each line proves itself, and the prune's event has the hash of all. */
import { basename, join } from "node:path";
import { LineError, readLine } from "../format/chain.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { lineOf } from "../format/trail-line.ts";
import { readIfThere } from "../journal/durable.ts";
import type { PrunedEvents } from "./chain-check.ts";
import type { TrailDiagnostics } from "./diagnostics.ts";

/** The events before a trail's first one, for which an `audit_prune` stands. */
export interface PrunedPast {
  /**
   * Whether the event `seq` had this hash; `undefined` for one that was pruned and not kept: nobody can say.
   * @param present the hash of the event in the trail, where it is in it
   */
  had(seq: number, hash: string, present: string | undefined): boolean | undefined;
}

/**
 * Checks the file that the newest `audit_prune` names.
 * @throws TrailError when the file is there and cannot be read
 */
export function checkKept(
  directory: string,
  pruned: PrunedEvents | undefined,
  findings: TrailDiagnostics,
): PrunedPast {
  const kept = new Map(
    keptLines(directory, pruned, findings).map((text) => {
      const { seq, hash } = lineOf(text);
      return [seq, hash];
    }),
  );
  return {
    had(seq, hash, present) {
      const known = present ?? kept.get(seq);
      return known === undefined && seq <= (pruned?.lastSeq ?? 0) ? undefined : known === hash;
    },
  };
}

/** The kept lines, once the file is proved; none otherwise. */
function keptLines(
  directory: string,
  pruned: PrunedEvents | undefined,
  findings: TrailDiagnostics,
): readonly string[] {
  if (pruned?.keptFile === undefined) return [];
  const { keptHash } = pruned;
  const name = basename(pruned.keptFile);
  const difference = (message: string): void =>
    findings.add({ severity: "difference", subject: name, message });
  const bytes = readIfThere(join(directory, name), SEGMENT_BYTES_MAX);
  if (bytes === undefined) {
    difference("the file with the events that are kept longest is missing");
    return [];
  }
  const lines = bytes.toString().split("\n").slice(0, -1);
  if (Bun.SHA256.hash(bytes, "hex") === keptHash) return lines;
  difference("the events that are kept longest are not those that the prune recorded");
  for (const [index, line] of lines.entries()) {
    try {
      readLine(line);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      findings.add({ severity: "difference", subject: `${name}:${index + 1}`, message: error.message });
    }
  }
  return [];
}
