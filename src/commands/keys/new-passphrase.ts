import { RefusedError, UsageError } from "../../tasks/task/errors.ts";
import { askSecret } from "../../terminal/ask.ts";
import type { Call } from "../command.ts";

/**
 * A passphrase for a new key, asked for twice, since a mistyped one would lock the key away for good; `undefined` when the question
 * was abandoned. @throws RefusedError without a terminal @throws UsageError when the two differ
 */
export async function askNewPassphrase({
  terminal,
  signal,
}: Pick<Call, "terminal" | "signal">): Promise<string | undefined> {
  if (!terminal.interactive)
    throw new RefusedError(
      "a passphrase is needed, and there is no terminal to ask on",
      "Name a file that holds it: --passphrase-file FILE",
    );
  const first = await askSecret(terminal, { message: "Passphrase for the new key", signal });
  if (first === undefined) return undefined;
  const second = await askSecret(terminal, { message: "The same passphrase again", signal });
  if (second === undefined || second === first) return second;
  throw new UsageError("the two passphrases differ, so no key was made");
}
