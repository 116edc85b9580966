import { RefusedError } from "../tasks/task/errors.ts";

/**
 * The runtime inside the binary takes options from the environment, among them files that it runs first, and this cannot be
 * switched off. So the program refuses to work where such options are set, and says so.
 * @throws RefusedError when there are any
 */
export function refuseRuntimeOptions({ BUN_OPTIONS }: Readonly<Record<string, string | undefined>>): void {
  if (!BUN_OPTIONS?.trim() || !Bun.isStandaloneExecutable) return;
  throw new RefusedError(
    "BUN_OPTIONS is set: it changes the runtime of this program and can run other code in it, and nothing was done",
    "unset BUN_OPTIONS; where you did not set it, find out who did: what it names has run by now",
  );
}
