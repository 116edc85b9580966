/**
 * Questions to a person, on stderr. Without a terminal nothing is asked: the caller's flags must have answered.
 * An answer that was not given (Ctrl-C, Ctrl-D, Escape, hang-up) is `undefined`, never taken for one.
 */
import { PassThrough } from "node:stream";
import { RefusedError } from "../tasks/errors.ts";
import type { Terminal } from "./terminal.ts";
import { wrapWords } from "./wrap.ts";

export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
  /** What stands below the label. */
  readonly below?: readonly string[];
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
  const { title, choices } = question;
  const { SelectPrompt, isCancel } = await import("@clack/core");
  const { bold, cyan, dim } = terminal.noteColors;
  const digits = choices.map((_, index) => index + 1).join("/");
  const linesOf = ({ label, below = [] }: Choice<Value>, number: number, isMarked: boolean): string[] => [
    isMarked ? cyan(`❯ ${number}. ${label}`) : `  ${number}. ${label}`,
    ...below.flatMap((line) => wrapWords(`     ${line}`, terminal.columns() - 1)).map(dim),
  ];
  const answer = await asking(terminal, question.signal, (input) => {
    const prompt = new SelectPrompt({
      ...input,
      options: [...choices],
      render() {
        const lines = choices.flatMap((choice, index) => linesOf(choice, index + 1, index === this.cursor));
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
    return prompt.prompt();
  });
  return isCancel(answer) ? undefined : answer;
}

/** Yes or no; Enter means no. */
export async function confirm(
  terminal: Terminal,
  { message, signal }: { readonly message: string; readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  const [{ ConfirmPrompt, isCancel }, clack] = await Promise.all([
    import("@clack/core"),
    import("@clack/prompts"),
  ]);
  const { dim, green } = terminal.noteColors;
  const words = { active: "Yes", inactive: "No" };
  const marked = (isMarked: boolean, word: string): string =>
    isMarked ? `${green(clack.S_RADIO_ACTIVE)} ${word}` : dim(`${clack.S_RADIO_INACTIVE} ${word}`);
  const answer = await asking(terminal, signal, (input) =>
    new ConfirmPrompt({
      ...input,
      ...words,
      initialValue: false,
      // The library's own shows a question that Escape left as one that was answered with Yes.
      render() {
        const asked = wrapWords(`${clack.symbol(this.state)}  ${message}`, terminal.columns() - 1).join("\n");
        if (this.state === "cancel") return `${asked}\n${dim("cancelled")}`;
        const yes = this.value === true;
        if (this.state === "submit") return `${asked}\n${dim(yes ? words.active : words.inactive)}`;
        return `${asked}\n${marked(yes, words.active)} ${dim("/")} ${marked(!yes, words.inactive)}\n\n`;
      },
    }).prompt(),
  );
  return isCancel(answer) ? undefined : answer === true;
}

export interface ExactAnswer {
  /** `no`: Enter alone. `undefined`: the question was left. */
  readonly answer: "given" | "no" | undefined;
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
  const validate = (text = ""): string | undefined => {
    if (["", expected].includes(text.trim())) return undefined;
    wrong += 1;
    return `Type ${expected} to go on; Enter alone or Ctrl-C stops.`;
  };
  const text = await asking(terminal, signal, (input) =>
    clack.text({ ...input, message, withGuide: false, validate }),
  );
  if (clack.isCancel(text)) return { answer: undefined, wrong };
  return { answer: text.trim() === expected ? "given" : "no", wrong };
}

/** What a prompt reads from and writes to, and what ends it without an answer. */
interface PromptInput {
  readonly input: NodeJS.ReadableStream & PassThrough;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/**
 * Puts one question. What ends the input and would leave the prompt waiting for ever (Ctrl-D, a terminal that was closed) and
 * the program's own signal leave it as Ctrl-C does. The prompt gets a signal of its own: what ends the program later is none
 * of its business.
 */
async function asking<Answer>(
  terminal: Terminal,
  signal: AbortSignal,
  ask: (input: PromptInput) => Promise<Answer>,
): Promise<Answer> {
  if (!terminal.interactive) throw new RefusedError("there is no terminal to ask on");
  const { stdin, stderr } = terminal.streams;
  const left = new AbortController();
  const leave = () => left.abort();
  const onKey = (_text: unknown, { ctrl, name }: { readonly ctrl: boolean; readonly name?: string }) => {
    if (ctrl && name === "d") queueMicrotask(leave); // the prompt has its own thoughts about this key first
  };
  const input = keysOf(stdin).on("keypress", onKey);
  if (signal.aborted || stdin.readableEnded || stdin.destroyed) leave();
  signal.addEventListener("abort", leave);
  for (const end of ENDS) stdin.on(end, leave);
  try {
    await discardTyped(stdin);
    stdin.pipe(input, { end: false });
    return await ask({ input, output: stderr, signal: left.signal });
  } finally {
    stdin.unpipe(input).pause();
    signal.removeEventListener("abort", leave);
    // A closed terminal may fail once more when it is left, and there is nobody to be told.
    for (const end of ENDS) if (end !== "error") stdin.off(end, leave);
  }
}

/** With which of them a terminal that was closed is told of is not certain. */
const ENDS = ["end", "close", "error"] as const;

/** The keys typed, without the terminal's end: the prompts take that for a key, and fail on a terminal that is gone. */
function keysOf(stdin: NodeJS.ReadStream) {
  return Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => setRaw(stdin, isRaw),
  });
}

/** A terminal that has no mode any more was closed: nothing is read from it again, and the question is left. */
function setRaw(stdin: NodeJS.ReadStream, isRaw: boolean): void {
  try {
    stdin.setRawMode(isRaw);
  } catch {
    stdin.destroy();
  }
}

/** Keys typed before a question was seen are no answer to it: they are thrown away. */
async function discardTyped(stdin: NodeJS.ReadStream): Promise<void> {
  const discard = () => undefined;
  setRaw(stdin, true);
  stdin.on("data", discard);
  stdin.resume();
  await Bun.sleep(TYPED_AHEAD_MS);
  stdin.off("data", discard);
  stdin.pause();
}

/** How long the terminal is given to hand over what was typed before. */
const TYPED_AHEAD_MS = 20;
