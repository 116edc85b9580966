import { RefusedError } from "../tasks/task/errors.ts";
import type { Answer } from "../tasks/task/task.ts";
import { confirm } from "../terminal/ask.ts";
import type { Call } from "./command.ts";
import { typedName } from "./typed-name.ts";

/** Arguments that only show a plan, or carry it out without asking. */
export const planArgs = <const Shown extends string>(shown: Shown) =>
  ({
    "dry-run": { type: "flag", about: shown },
    yes: { type: "flag", alias: "y", about: "do not ask" },
  }) as const;

/** What is asked about a plan that was shown. */
export interface Question {
  /** `Restore to 4 servers?` */
  readonly message: string;
  /** `the restore`: what is refused when nobody can be asked. */
  readonly what: string;
  /** What has to be typed to agree, where a yes would be too little. */
  readonly typed?: string;
  /** The hint to give then, if no flag only shows the plan. */
  readonly unasked?: { readonly message: string; readonly hint: string | readonly string[] };
}

/**
 * Whether a person agrees to what was shown, or `--yes` does. Abandoning the question counts as no.
 * @throws RefusedError when nobody can be asked
 */
export async function confirmed(
  {
    args,
    terminal,
    signal,
  }: Pick<Call, "terminal" | "signal"> & { readonly args: { readonly yes?: boolean } },
  { message, what, typed, unasked = unconfirmed(what) }: Question,
): Promise<Answer> {
  if (args.yes) return { agrees: true };
  if (!terminal.interactive) throw new RefusedError(unasked.message, unasked.hint);
  if (typed !== undefined) return typedName({ terminal, signal }, { name: typed, message });
  const answer = await confirm(terminal, { message, signal });
  if (answer === undefined) return { agrees: false, outcome: "cancelled" };
  return answer ? { agrees: true } : { agrees: false, outcome: "cancelled", isNo: true };
}

const unconfirmed = (what: string) => ({
  message: `${what} was not confirmed`,
  hint: "without a terminal: add --yes, or --dry-run to look",
});
