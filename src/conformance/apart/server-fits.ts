/** An absent or wrong server breaks nearly every rule and says nothing about the plugin. */

import { isKind } from "../../contract/errors.ts";
import { HookDefect } from "../../host/hooks/hook.ts";
import { withoutSecrets } from "../../redact/known-secrets.ts";
import type { CheckOutcome } from "../check.ts";
import type { CheckTarget } from "../subject.ts";

/** The named server does not answer, or not as this plugin expects, so the check ends. */
class ServerMisfit extends Error {
  override readonly name = "ServerMisfit";
  readonly hint = "Name the server that the plugin is for: --url URL, --lab NAME, or a lab.ts beside it.";
}

/**
 * Judges the outcome of the rule `inventory`, the first to ask a healthy server. An error that the plugin has not classified as
 * its server's failure is the plugin's own.
 * @throws ServerMisfit
 */
export function requireServer(
  { face, options = {}, redact = String }: CheckTarget,
  outcome: CheckOutcome,
): void {
  const { name, verdict } = outcome;
  const { url } = options;
  if (face !== "backend" || name !== "inventory" || verdict.kind !== "failed" || typeof url !== "string")
    return;
  const { error } = verdict;
  if (error instanceof HookDefect || !isKind(error, "temporary", "refused", "not-found", "invalid")) return;
  const what = error.kind === "temporary" ? "does not answer" : "does not answer as the plugin expects";
  throw new ServerMisfit(
    redact(`the server at ${withoutSecrets(url)} ${what}, so the other rules were not run: ${error.message}`),
  );
}
