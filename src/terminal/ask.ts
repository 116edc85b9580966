/**
 * Questions to a person, on stderr. Without a terminal nothing is asked: the caller's flags must have answered. An abandoned
 * question (Ctrl-C, Ctrl-D, Escape, hang-up) is `undefined`, never an answer.
 */
import { PassThrough } from "node:stream";
import { RefusedError } from "../tasks/task/errors.ts";
import type { Terminal } from "./terminal.ts";
import { wrapWords } from "./wrap.ts";

interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
  /** Text below the label. */
  readonly below?: readonly string[];
}

/** A numbered menu: a digit chooses at once; arrows and Enter work too. The first choice is preselected. */
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
        const shown = [bold(title), ...lines, `Select option [${digits}]: ${end}`].map(terminal.shown);
        return shown.join("\n");
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
    terminal.shown(
      isMarked ? `${green(clack.S_RADIO_ACTIVE)} ${word}` : dim(`${clack.S_RADIO_INACTIVE} ${word}`),
    );
  const faint = (word: string): string => terminal.shown(dim(word));
  const question = terminal.shown(message);
  const answer = await asking(terminal, signal, (input) =>
    new ConfirmPrompt({
      ...input,
      ...words,
      initialValue: false,
      // The library would show a question abandoned with Escape as answered with Yes.
      render() {
        const asked = wrapWords(`${clack.symbol(this.state)}  ${question}`, terminal.columns() - 1).join(
          "\n",
        );
        if (this.state === "cancel") return `${asked}\n${faint("cancelled")}`;
        const yes = this.value === true;
        if (this.state === "submit") return `${asked}\n${faint(yes ? words.active : words.inactive)}`;
        return `${asked}\n${marked(yes, words.active)} ${faint("/")} ${marked(!yes, words.inactive)}\n\n`;
      },
    }).prompt(),
  );
  return isCancel(answer) ? undefined : answer === true;
}

/** Text that is not shown while it is typed. */
export async function askSecret(
  terminal: Terminal,
  question: { readonly message: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const clack = await import("@clack/prompts");
  const message = terminal.shown(question.message);
  const validate = (text = ""): string | undefined =>
    text === "" ? "Type it, or stop with Ctrl-C." : undefined;
  const text = await asking(terminal, question.signal, (input) =>
    clack.password({ ...input, message, withGuide: false, validate }),
  );
  return clack.isCancel(text) ? undefined : text;
}

interface ExactAnswer {
  /** `no`: Enter alone. `undefined`: the question was abandoned. */
  readonly answer: "given" | "no" | undefined;
  /** How often something else was entered. */
  readonly wrong: number;
}

/** Text that must be exactly `expected`. Anything else is asked again until it is given or the question is abandoned. */
export async function askForExactly(
  terminal: Terminal,
  question: { readonly message: string; readonly expected: string; readonly signal: AbortSignal },
): Promise<ExactAnswer> {
  let wrong = 0;
  const { expected, signal } = question;
  const message = terminal.shown(question.message);
  const clack = await import("@clack/prompts");
  const validate = (text = ""): string | undefined => {
    if (["", expected].includes(text.trim())) return undefined;
    wrong += 1;
    return terminal.shown(`Type ${expected} to go on; Enter alone or Ctrl-C stops.`);
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
 * Asks one question. The program's own signal, and an end of input that would leave the prompt waiting for ever (Ctrl-D, a
 * closed terminal), abandon it as Ctrl-C does. The prompt gets its own signal, because what ends the program later does not
 * concern it.
 */
async function asking<Answer>(
  terminal: Terminal,
  signal: AbortSignal,
  ask: (input: PromptInput) => Promise<Answer>,
): Promise<Answer> {
  if (!terminal.interactive) throw new RefusedError("there is no terminal to ask on");
  terminal.leadToQuestion();
  const { stdin, stderr } = terminal.promptStreams;
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
    // A closed terminal may fail once more when the prompt ends, and there is nobody to tell.
    for (const end of ENDS) if (end !== "error") stdin.off(end, leave);
  }
}

/** A closed terminal may be reported by any of these. */
const ENDS = ["end", "close", "error"] as const;

/**
 * The typed keys, without the terminal's end of input: the prompts would treat that as a key, and fail on a closed terminal.
 */
function keysOf(stdin: NodeJS.ReadStream) {
  return Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => setRaw(stdin, isRaw),
  });
}

/** A terminal whose mode cannot be set was closed: it is never read again, and the question is abandoned. */
function setRaw(stdin: NodeJS.ReadStream, isRaw: boolean): void {
  try {
    stdin.setRawMode(isRaw);
  } catch {
    stdin.destroy();
  }
}

/** Discards keys that were typed before the question was shown: they are no answer to it. */
async function discardTyped(stdin: NodeJS.ReadStream): Promise<void> {
  const discard = () => undefined;
  setRaw(stdin, true);
  stdin.on("data", discard);
  stdin.resume();
  await Bun.sleep(TYPED_AHEAD_MS);
  stdin.off("data", discard);
  stdin.pause();
}

/** How long to wait for the terminal to hand over earlier input. */
const TYPED_AHEAD_MS = 20;
