/** The signed checkpoints of a trail: beside it, and in the home. */
import { isThere } from "../../storage/entries.ts";
import { given } from "../../units/given.ts";
import { NoteError } from "../format/note.ts";
import { type Checkpoint, checkpointPath, readCheckpoint, readSigningKey } from "../journal/checkpoint.ts";
import type { Home } from "../journal/home.ts";
import type { TrailDiagnostic, TrailDiagnostics } from "./diagnostics.ts";
import type { Signing } from "./signing.ts";
import type { Evidence } from "./witnesses.ts";

/** The checkpoints that a trail's key has signed, and what is wrong with others. */
interface SignedCheckpoints {
  readonly checkpoints: readonly Checkpoint[];
  readonly findings: readonly TrailDiagnostic[];
  /** The one that was given. */
  readonly publicKey?: string;
  /** Whether a public key was given, or the home has the signing key. */
  readonly hasKey: boolean;
  /** The places where a checkpoint was found. */
  readonly places: readonly string[];
}

/**
 * Reads the checkpoints and verifies their signatures.
 * @param publicKey `NAME+HASH+BASE64`; default that of the key in the home; without either, nothing is read
 * @throws TrailError when a file exists and cannot be read
 */
export function readCheckpoints(file: string, home: Home, publicKey?: string): SignedCheckpoints {
  const own = readSigningKey(home)?.verifier;
  const verifier = publicKey ?? own;
  const checkpoints: Checkpoint[] = [];
  const findings: TrailDiagnostic[] = [];
  for (const path of verifier === undefined ? [] : [checkpointPath(file), home.checkpointFile]) {
    try {
      const checkpoint = readCheckpoint(path, verifier ?? "");
      if (checkpoint !== undefined) checkpoints.push(checkpoint);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      findings.push({ severity: "difference", subject: path, message: error.message });
    }
  }
  const places = [checkpointPath(file), ...(own === undefined ? [] : [home.checkpointFile])];
  return { checkpoints, findings, hasKey: verifier !== undefined, places, ...given({ publicKey }) };
}

/** Reports a checkpoint that was signed and no longer exists: whoever rewrote the trail may have removed it. @returns whether the key that was given proves nothing at all */
export function checkMissing(
  { hasKey, places, checkpoints, publicKey }: SignedCheckpoints,
  { keygen, due, unkeyed }: Signing,
  findings: TrailDiagnostics,
): boolean {
  const end = due ?? (hasKey && keygen === undefined ? unkeyed : undefined);
  if (end === undefined) {
    // A key was given, so its signature is expected. It may be missing only if the trail says that this key was made.
    if (publicKey === undefined || checkpoints.length > 0 || keygen?.details.public === publicKey)
      return false;
    const message =
      "nothing is signed with this key: there is no checkpoint, and no event says that the key was made";
    findings.add({ severity: "warning", subject: "checkpoint", message });
    return true;
  }
  for (const path of places) {
    if (isThere(path)) continue;
    const message = `the signed checkpoint is missing: one was signed after event ${end.seq}, a ${end.operation}`;
    findings.add({ severity: "difference", subject: path, seq: end.seq, message });
  }
  return false;
}

/** Compares the checkpoints with the trail. @returns the newest */
export function checkCheckpoints(
  { checkpoints, findings: wrong }: SignedCheckpoints,
  { hashes, past, findings }: Pick<Evidence, "hashes" | "past" | "findings">,
): Checkpoint | undefined {
  for (const finding of wrong) findings.add(finding);
  for (const { size, hash } of checkpoints) {
    if (past.had(size, hash, hashes.get(size)) !== false) continue;
    const message = `event ${size}, for which the checkpoint was signed, is no longer in the trail as it was`;
    findings.add({ severity: "difference", subject: "checkpoint", seq: size, message });
  }
  return [...checkpoints].sort((a, b) => b.size - a.size)[0];
}
