/** What the doctor says: one thing that it looked at. */

import type { Diagnostic } from "../contract/contract.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";

/**
 * Its subject: `binary`, `configuration`, `agreement`, `backends`, a backend's or a sink's name, `disk`, `trail`, `destroy`, `clock`. `note`:
 * worth knowing before an export or a restore. `warning`: it works, and will bite. `problem`: something does not work.
 */
export type DoctorDiagnostic = Diagnostic<"ok" | "note" | "warning" | "problem">;

/** A diagnostic from an error that was caught; its own hint says what to do. */
export function problemOf(subject: string, error: unknown): DoctorDiagnostic {
  const message = messageOf(error);
  const hint =
    error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { subject, severity: "problem", message, ...given({ hint }) };
}
