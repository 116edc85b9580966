import { resolve } from "node:path";
import { readNamedText } from "../../storage/own-file.ts";
import { RefusedError, UsageError } from "../../tasks/errors.ts";
import { askSecret } from "../../terminal/ask.ts";
import type { Call } from "../command.ts";

/** Where a passphrase comes from when nobody is there to type it. */
export const PASSPHRASE_FILE = {
  type: "value",
  hint: "FILE",
  complete: "files",
  local: true,
  about: "take the passphrase from the first line of this file instead of asking for it",
} as const;

const FILE_MAX = 4096;

/**
 * The passphrase from the file, or from the person at the terminal; `undefined` when that person abandoned the question.
 * @throws RefusedError when there is neither @throws UsageError when the file's first line is empty
 */
export async function passphraseFor(
  { terminal, directory, signal }: Pick<Call, "terminal" | "directory" | "signal">,
  { file, message }: { readonly file: string | undefined; readonly message: string },
): Promise<string | undefined> {
  if (file !== undefined) return firstLine(resolve(directory, file));
  if (terminal.interactive) return askSecret(terminal, { message, signal });
  throw new RefusedError("a passphrase is needed, and there is no terminal to ask on", HINT);
}

const HINT = "Name a file that holds it: --passphrase-file FILE";

function firstLine(path: string): string {
  const [line = ""] = readNamedText(path, FILE_MAX).split(/\r?\n/);
  if (line === "") throw new UsageError(`the first line of ${path} is empty, so it has no passphrase`);
  return line;
}
