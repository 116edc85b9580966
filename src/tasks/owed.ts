import { PluginError } from "../contract/errors.ts";
import { TombstoneError } from "../retention/tombstones/error.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { AgeError } from "../storage/age/error.ts";
import { hintOf } from "../units/hint-of.ts";
import { messageOf } from "../units/message-of.ts";
import { RefusedError, SealedError, UsageError } from "./task/errors.ts";

/** Something in one place that could not be done now. */
export interface Owed {
  /** A path, or `offsite:20260124-143000`. */
  readonly where: string;
  /** One sentence. */
  readonly reason: string;
  /** When it can be done, if that is known. RFC 3339 */
  readonly due?: string;
}

const KINDS = [SnapshotError, PluginError, UsageError, RefusedError, AgeError, TombstoneError];

/** Whether an error is about one snapshot or one place: what could not be done there is owed, and the rest goes on. */
export const isOwed = (error: unknown): boolean => KINDS.some((kind) => error instanceof kind);

/** Why nobody here can read a copy. */
export const SEALED_HERE = "it is encrypted, and its identity is not here: name it with --identity FILE";

/** The reason of what is owed. */
export function owedReason(error: unknown): string {
  if (error instanceof SealedError) return SEALED_HERE;
  const hint = error instanceof Error ? hintOf(error) : undefined;
  return hint === undefined ? messageOf(error) : `${messageOf(error)}: ${hint}`;
}
