/** The course of the commands that change which plugins are trusted. */
import { pluginTrust, type Trusted, type TrustPlan } from "../../tasks/plugin-trust.ts";
import { agreementOf } from "../agreement.ts";
import { configOf } from "../caller.ts";
import type { Call } from "../command.ts";
import { type Conduct, conduct } from "../conduct.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

/** What to do with which plugin. */
interface TrustRequest {
  readonly action: TrustPlan["action"];
  readonly plugin: string;
  readonly yes: boolean;
  /** Do nothing and ask nobody. */
  readonly isOnlyShown?: boolean;
}

/** Carries out a change of trust; a no counts as a refusal. */
export async function conductTrust(
  call: Call,
  { action, plugin, yes, isOnlyShown = false }: TrustRequest,
  course: Pick<Conduct<TrustPlan, Trusted>, "show" | "question" | "report">,
): Promise<ExitCode> {
  // A project already in use must be accepted now, before the trail is written to.
  await agreementOf(call, await configOf(call));
  const args = { action, plugin, yes, "dry-run": isOnlyShown };
  return conduct(pluginTrust, { ...call, args }, { no: EXIT.refused, ...course });
}

/** The question to a person who was shown the files. */
export const trustQuestion = (message: string) => ({
  message,
  what: "the trust",
  unasked: {
    message: "there is no terminal to ask on, and nothing was trusted",
    hint: "if you trust it: --yes",
  },
});
