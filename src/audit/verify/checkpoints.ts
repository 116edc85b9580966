/** The signed checkpoints of a trail: beside it, and in the home. */
import { NoteError } from "../format/note.ts";
import { type Checkpoint, checkpointPath, readCheckpoint, readSigningKey } from "../journal/checkpoint.ts";
import type { Home } from "../journal/home.ts";
import type { Finding } from "./finding.ts";
import type { Evidence } from "./witnesses.ts";

/** The checkpoints that a trail's key has signed, and what is wrong with others. */
export interface SignedCheckpoints {
  readonly checkpoints: readonly Checkpoint[];
  readonly findings: readonly Finding[];
}

/**
 * Reads them and proves their signatures.
 * @param publicKey `NAME+HASH+BASE64`; default that of the key in the home; without either there is nothing to read
 * @throws TrailError when a file is there and cannot be read
 */
export function readCheckpoints(file: string, home: Home, publicKey?: string): SignedCheckpoints {
  const verifier = publicKey ?? readSigningKey(home)?.verifier;
  const checkpoints: Checkpoint[] = [];
  const findings: Finding[] = [];
  for (const path of verifier === undefined ? [] : [checkpointPath(file), home.checkpointFile]) {
    try {
      const checkpoint = readCheckpoint(path, verifier ?? "");
      if (checkpoint !== undefined) checkpoints.push(checkpoint);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      findings.push({ severity: "difference", where: path, what: error.message });
    }
  }
  return { checkpoints, findings };
}

/** Compares them with the trail. @returns the newest */
export function checkCheckpoints(
  { checkpoints, findings: wrong }: SignedCheckpoints,
  { hashes, past, findings }: Pick<Evidence, "hashes" | "past" | "findings">,
): Checkpoint | undefined {
  for (const finding of wrong) findings.add(finding);
  for (const { size, hash } of checkpoints) {
    if (past.had(size, hash, hashes.get(size)) !== false) continue;
    const what = `event ${size}, which the checkpoint was signed for, is not in the trail as it was`;
    findings.add({ severity: "difference", where: "checkpoint", seq: size, what });
  }
  return [...checkpoints].sort((a, b) => b.size - a.size)[0];
}
