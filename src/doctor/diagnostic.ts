/** One finding of `doctor`. */

import type { Diagnostic } from "../contract/contract.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";

/**
 * The subject is `binary`, `configuration`, `agreement`, `backends`, the name of a backend, a sink or a store, `disk`, `trail`, `destroy`
 * or `clock`. `note`: worth knowing before an export or a restore. `warning`: it works, but will cause trouble. `problem`:
 * something does not work.
 */
export type DoctorDiagnostic = Diagnostic<"ok" | "note" | "warning" | "problem">;

/** A diagnostic from a caught error, with the error's own hint. */
export function problemOf(subject: string, error: unknown): DoctorDiagnostic {
  const message = messageOf(error);
  const hint =
    error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { subject, severity: "problem", message, ...given({ hint }) };
}
