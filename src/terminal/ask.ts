/**
 * Questions to a person, on stderr. Without a terminal nothing is asked: the caller's flags must have answered.
 * An answer that was not given (Ctrl-C, Escape, hang-up) is `undefined`, never taken for one.
 */
import { RefusedError } from "../tasks/errors.ts";
import type { Terminal } from "./terminal.ts";

export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
}

/** A numbered menu: a digit chooses at once, arrows and Enter too. The first choice is the one marked. */
export async function choose<Value extends string>(
  terminal: Terminal,
  question: {
    readonly title: string;
    readonly choices: readonly Choice<Value>[];
    readonly signal: AbortSignal;
  },
): Promise<Value | undefined> {
  const { title, choices, signal } = question;
  const { SelectPrompt, isCancel } = await import("@clack/core");
  const { bold, cyan, dim } = terminal.noteColors;
  const digits = choices.map((_, index) => index + 1).join("/");
  const prompt = new SelectPrompt({
    ...(await openInput(terminal)),
    signal,
    options: [...choices],
    render() {
      const lines = choices.map(({ label }, index) => {
        const line = `${index + 1}. ${label}`;
        return index === this.cursor ? cyan(`❯ ${line}`) : `  ${line}`;
      });
      const chosen = this.state === "submit" ? String(this.cursor + 1) : "";
      const end = this.state === "cancel" ? dim("cancelled") : bold(chosen);
      return [bold(title), ...lines, `Select option [${digits}]: ${end}`].join("\n");
    },
  });
  prompt.on("key", (key) => {
    const index = Number(key) - 1;
    const choice = choices[index];
    if (choice === undefined) return;
    prompt.cursor = index;
    prompt.value = choice.value;
    prompt.state = "submit";
  });
  const answer = await prompt.prompt();
  return isCancel(answer) ? undefined : answer;
}

/** Yes or no; Enter means no. */
export async function confirm(
  terminal: Terminal,
  question: { readonly message: string; readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  const clack = await import("@clack/prompts");
  const answer = await clack.confirm({
    ...(await openInput(terminal)),
    ...question,
    initialValue: false,
    withGuide: false,
  });
  return clack.isCancel(answer) ? undefined : answer === true;
}

export interface ExactAnswer {
  readonly given: boolean;
  /** How often something else was entered. */
  readonly wrong: number;
}

/** Text that must be exactly `expected`; anything else is asked again, until it is given or the question is left. */
export async function askForExactly(
  terminal: Terminal,
  question: { readonly message: string; readonly expected: string; readonly signal: AbortSignal },
): Promise<ExactAnswer> {
  let wrong = 0;
  const { message, expected, signal } = question;
  const clack = await import("@clack/prompts");
  const answer = await clack.text({
    ...(await openInput(terminal)),
    message,
    signal,
    withGuide: false,
    validate: (text) => {
      if (text?.trim() === expected) return undefined;
      wrong += 1;
      return `Type ${expected} to go on, Ctrl-C to stop.`;
    },
  });
  return { given: !clack.isCancel(answer) && answer.trim() === expected, wrong };
}

/** Keys typed before a question was seen are no answer to it: they are thrown away. */
async function openInput(terminal: Terminal) {
  if (!terminal.interactive) throw new RefusedError("there is no terminal to ask on");
  const { stdin, stderr } = terminal.streams;
  const discard = () => undefined;
  stdin.setRawMode(true);
  stdin.on("data", discard);
  stdin.resume();
  await Bun.sleep(TYPED_AHEAD_MS);
  stdin.off("data", discard);
  stdin.pause();
  return { input: stdin, output: stderr };
}

/** How long the terminal is given to hand over what was typed before. */
const TYPED_AHEAD_MS = 20;
