/** Whose data is meant, as a person gives it: never as a word of the command, which others see and the shell remembers. */
import { resolve } from "node:path";
import { readIdentifier } from "../../retention/subjects/identifier.ts";
import { isThere } from "../../storage/entries.ts";
import { readNamedText } from "../../storage/own-file.ts";
import type { SUBJECT_PARAMS } from "../../tasks/subject-param.ts";
import { RefusedError, UnansweredError, UsageError } from "../../tasks/task/errors.ts";
import type { Params, ParamValues } from "../../tasks/task/param.ts";
import { askSecret } from "../../terminal/ask.ts";
import type { Call } from "../command.ts";

/** The parameter that says where the identifier comes from. */
export const IDENTIFIER = {
  type: "positional",
  hint: "FILE",
  complete: "files",
  about:
    "a file with the identifier in one line, or - for standard input (default: it is asked for); the identifier itself is no argument",
} as const;

/** An interface would have no index. */
type WithSubject = { readonly subject: typeof SUBJECT_PARAMS.subject };

/** The same call, which knows whose data is meant. @param more what else it is to be told @throws as {@link identifierOf} */
export async function withIdentifier<P extends Params>(
  call: Call<P>,
  file: string | undefined,
  more: Partial<ParamValues<P>> = {},
): Promise<Call<P & WithSubject>> {
  const subject = await identifierOf(call, file);
  // TypeScript cannot tell that these are all of them.
  return { ...call, args: { ...call.args, ...more, subject } as ParamValues<P & WithSubject> };
}

/** Bytes; an identifier is a line. */
const MOST = 8 << 10;

/** @throws UsageError when it is none, or not there; it does not repeat it */
async function identifierOf(call: Call, file: string | undefined): Promise<string> {
  const text = await textOf(call, file);
  try {
    return readIdentifier(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      error.message,
      "give what identifies one person: a user's name, an address, a number",
    );
  }
}

async function textOf({ terminal, signal, directory }: Call, file: string | undefined): Promise<string> {
  if (file === "-") return terminal.takeIn(MOST, signal);
  if (file !== undefined) return readFile(resolve(directory, file));
  if (!terminal.interactive)
    throw new RefusedError("there is no terminal to ask for the identifier on", UNASKED);
  const answer = await askSecret(terminal, { message: "What identifies the person?", signal });
  if (answer === undefined) throw new UnansweredError("no identifier was given, so nothing was looked for");
  return answer;
}

const UNASKED = "Give it on standard input: contextcore subject find - < FILE";

function readFile(path: string): string {
  if (!isThere(path))
    throw new UsageError(
      "there is no such file",
      "the argument is the name of a file that has the identifier, or - for standard input; given as a word, others on this machine could read it",
    );
  return readNamedText(path, MOST);
}
