import { type VerifyTrailOptions, verifyTrail } from "../audit/verify/verify.ts";
import { isThere } from "../storage/entries.ts";
import { counted } from "../units/words.ts";
import { type DoctorDiagnostic, problemOf } from "./diagnostic.ts";

/** The trail's chain and its witnesses. */
export async function examineTrail(options: VerifyTrailOptions): Promise<DoctorDiagnostic[]> {
  if (!isThere(options.file)) return [{ subject: "trail", severity: "ok", message: "no event yet" }];
  try {
    const { chain, findings } = await verifyTrail(options);
    if (findings.length === 0)
      return [
        {
          subject: "trail",
          severity: "ok",
          message: `${counted(chain.events, "event")}, and the chain is whole`,
        },
      ];
    return findings.map(({ severity, subject, message }) => ({
      subject: "trail",
      severity: severity === "difference" ? "problem" : "warning",
      message: `${subject}: ${message}`,
      hint: "contextcore audit verify shows more.",
    }));
  } catch (error) {
    return [problemOf("trail", error)];
  }
}
