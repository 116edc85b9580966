import { isKind } from "../../contract/errors.ts";
import { UsageError } from "../../tasks/errors.ts";
import { hintOf } from "../stack.ts";
import type { ExportPlan } from "./plan.ts";

/**
 * Begins the exports that a selector restricts, and keeps nothing of it: a selector that a plugin or its server does not
 * understand is told before there is a snapshot's directory. Any other trouble is left to the export itself.
 * @throws UsageError for the first selector that makes no sense
 */
export async function checkMatches({ parts }: ExportPlan, signal: AbortSignal): Promise<void> {
  for (const { open, request } of parts) {
    if (request.match === undefined) continue;
    try {
      await open.backend.export.start(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isKind(error, "invalid"))
        throw new UsageError(`--match ${open.name}=${request.match}: ${error.message}`, hintOf(error));
    }
  }
}
