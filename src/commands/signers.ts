/** Asks about a copy that is signed with a key that this project does not know. */
import { UnknownSignerError } from "../tasks/task/errors.ts";
import type { Call } from "./command.ts";
import { confirmed } from "./confirmed.ts";

/**
 * Does work that reads copies. Where one is signed with an unknown key, that is shown, and a person asked whether it is the right
 * one; then the work begins anew.
 * @param work with the public keys that are believed
 * @throws UnknownSignerError when nobody can be asked, or the answer is no
 */
export async function askingSigner<Result>(
  { terminal, signal }: Pick<Call, "terminal" | "signal">,
  given: readonly string[],
  work: (keys: readonly string[]) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(given);
  } catch (error) {
    if (!(error instanceof UnknownSignerError) || !terminal.interactive) throw error;
    terminal.note(`${error.message}:`, error.key);
    const message = "Is this the public key that was printed where the copy was made?";
    const answer = await confirmed({ args: {}, terminal, signal }, { message, what: "the signer" });
    if (!answer.agrees) throw error;
    return askingSigner({ terminal, signal }, [...given, error.key], work);
  }
}
