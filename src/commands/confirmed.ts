import { RefusedError } from "../tasks/errors.ts";
import { confirm } from "../terminal/ask.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** The arguments by which a plan is only shown, or carried out without a question. */
export const planArgs = <const Shown extends string>(shown: Shown) =>
  ({
    "dry-run": { type: "flag", about: shown },
    yes: { type: "flag", alias: "y", about: "do not ask" },
    json: { type: "flag", about: "print one JSON object" },
  }) as const;

/** What is asked about a plan that was shown. */
export interface Question {
  /** `Write this?` */
  readonly message: string;
  /** `the restore`: what is refused where nobody can be asked. */
  readonly what: string;
}

/**
 * Whether a person agrees to what was shown, or `--yes` does. Leaving the question is no.
 * @throws RefusedError when there is nobody to ask
 */
export async function confirmed(
  call: {
    readonly args: { readonly yes: boolean };
    readonly terminal: Terminal;
    readonly signal: AbortSignal;
  },
  { message, what }: Question,
): Promise<boolean> {
  const { args, terminal, signal } = call;
  if (args.yes) return true;
  if (!terminal.interactive)
    throw new RefusedError(
      `${what} was not confirmed`,
      "without a terminal: add --yes, or --dry-run to look",
    );
  return (await confirm(terminal, { message, signal })) === true;
}
