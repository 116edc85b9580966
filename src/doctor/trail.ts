import { existsSync } from "node:fs";
import { type VerifyOptions, verifyTrail } from "../audit/verify/verify.ts";
import { counted } from "../units/words.ts";
import { type Finding, problemOf } from "./finding.ts";

/** The trail's chain and its witnesses. */
export async function examineTrail(options: VerifyOptions): Promise<Finding[]> {
  if (!existsSync(options.file)) return [{ about: "trail", state: "ok", what: "no event yet" }];
  try {
    const { chain, findings } = await verifyTrail(options);
    if (findings.length === 0)
      return [
        { about: "trail", state: "ok", what: `${counted(chain.events, "event")}, and the chain is whole` },
      ];
    return findings.map(({ severity, where, what }) => ({
      about: "trail",
      state: severity === "difference" ? "problem" : "warning",
      what: `${where}: ${what}`,
      hint: "contextcore audit verify shows more.",
    }));
  } catch (error) {
    return [problemOf("trail", error)];
  }
}
