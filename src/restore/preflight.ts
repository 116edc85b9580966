import type { RestoreDiagnostic } from "../contract/contract.ts";
import { isFault } from "../contract/errors.ts";

interface Preflight {
  readonly ask: () => Promise<readonly RestoreDiagnostic[]>;
  /** Any other call. @throws when the server answers nothing */
  readonly answers: () => Promise<unknown>;
  /** The tenant to write into, if one is named. */
  readonly tenant: string | undefined;
}

/**
 * What the server would do to the plan. One that fails at a call of its own may take the data all the same, provided that it
 * answers anything; but where it is not known whether it heeds a tenant, nothing is written into another one.
 * @throws what the backend throws
 */
export async function tolerantly({ ask, answers, tenant }: Preflight): Promise<readonly RestoreDiagnostic[]> {
  try {
    return await ask();
  } catch (error) {
    if (!isFault(error) || tenant !== undefined) throw error;
    await answers().catch(() => {
      throw error;
    });
    const message = `What the server would refuse, change or hide could not be found out: ${error.message}`;
    return [{ severity: "note", message }];
  }
}
