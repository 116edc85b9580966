/** The events that outlived a prune. Each line has its own hash, and the prune's event has the hash of the file. */
import { basename, join } from "node:path";
import { LineError, readLine } from "../format/chain.ts";
import { SEGMENT_BYTES_MAX } from "../format/limits.ts";
import { lineOf } from "../format/trail-line.ts";
import { readIfThere } from "../journal/durable.ts";
import type { PrunedEvents } from "./chain-check.ts";
import type { TrailDiagnostics } from "./diagnostics.ts";

/** The pruned events before a trail's first one. */
export interface PrunedPast {
  /**
   * Whether event `seq` had this hash; `undefined` if it was pruned and not kept, because nobody can tell.
   * @param present the hash of the event in the trail, if it is there
   */
  had(seq: number, hash: string, present: string | undefined): boolean | undefined;
}

/**
 * Checks the file that the newest `audit_prune` names.
 * @throws TrailError when the file exists and cannot be read
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

/** The kept lines if the file is proved, else none. */
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
    difference("the file with the events that outlive a prune is missing");
    return [];
  }
  const lines = bytes.toString().split("\n").slice(0, -1);
  if (Bun.SHA256.hash(bytes, "hex") === keptHash) return lines;
  difference("the events that outlived the prune are not the ones it recorded");
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
