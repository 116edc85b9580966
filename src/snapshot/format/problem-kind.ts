/** The kinds of problems as written in files, and which of them are losses. */
import * as v from "valibot";
import type { ProblemKind } from "../../contract/contract.ts";

const KINDS = [
  "lossy",
  "incomplete",
  "clamped",
  "failed",
  "normalised",
  "not-contained",
] as const satisfies readonly ProblemKind[];

/** A {@link ProblemKind} in a file. */
export const problemKindSchema = v.picklist(KINDS);

/** Kinds that make a snapshot `partial`, because something requested is not in it. */
const LOSSES: ReadonlySet<ProblemKind> = new Set<ProblemKind>(["incomplete", "clamped", "failed"]);

/** Whether a problem makes the snapshot `partial`. */
export const isLoss = ({ kind }: { readonly kind: ProblemKind }): boolean => LOSSES.has(kind);
