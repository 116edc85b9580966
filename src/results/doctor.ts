import * as v from "valibot";
import type { DoctorDiagnostic } from "../doctor/diagnostic.ts";
import { defineResult, type ValueOf } from "./result.ts";

export const DOCTOR = defineResult({
  name: "doctor",
  version: 1,
  about: "what an export or a restore needs, and how it is",
  schema: v.object({
    findings: v.array(
      v.object({
        subject: v.string(),
        severity: v.picklist(["ok", "note", "warning", "problem"]),
        message: v.string(),
        hint: v.optional(v.string()),
      }),
    ),
  }),
});

/** Everything that was looked at. */
export const doctorJson = (findings: readonly DoctorDiagnostic[]): ValueOf<typeof DOCTOR> => ({
  findings: findings.map(({ subject, severity, message, hint }) => ({ subject, severity, message, hint })),
});
