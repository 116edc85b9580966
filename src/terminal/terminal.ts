/**
 * The program's face to people and scripts. Results go to stdout, everything else to stderr. All that is written goes through
 * here, and nothing in it steers a terminal, wherever it came from and whatever it goes to: of a text only our own styles are
 * obeyed (`styles.ts`), a line is one line, and everything else is made visible.
 */

import { columnsOf, columnsToDraw, withSize } from "./columns.ts";
import { type Log, type LogFormat, type LogLevel, logJson, logText } from "./log.ts";
import { createPages, type StreamText } from "./pager.ts";
import { createPin } from "./pin.ts";
import { type Pieces, pour } from "./pour.ts";
import { readStdin } from "./stdin.ts";
import { type Colors, type ColorWish, colorsFor, written } from "./styles.ts";
import { wrapWords } from "./wrap.ts";

/** How the user wants to be told. */
export interface Manner {
  /** Of what a command does only the last line, and errors. */
  readonly quiet: boolean;
  readonly color: ColorWish;
  /** A result that is longer than the screen may be shown in a pager. */
  readonly pager: boolean;
  /** Everything on stderr is a log in this form; absent: it is told to a person. */
  readonly log?: LogFormat;
}

/** All ways to say something, and what the terminal can do. Escape sequences in a text are shown, not obeyed. */
export interface Terminal {
  /** From now on, everything is told in this manner. */
  heed(manner: Manner): void;
  /** A result, each text one line of stdout. */
  print(...lines: readonly string[]): void;
  /** What leads to the result, to stdout; left out where only the last line is wanted. */
  detail(...lines: readonly string[]): void;
  /** A result in sentences, to stdout; wrapped between words on a narrow terminal. */
  tell(...lines: readonly string[]): void;
  /** A result that is another program's, at its pace: as it is, unless stdout is a terminal. @returns whether all of it was taken */
  pour(pieces: Pieces, signal: AbortSignal): Promise<boolean>;
  /** All of standard input, which is no terminal. @param most bytes @throws UsageError when it is one, or longer; the signal's reason */
  takeIn(most: number, signal: AbortSignal): Promise<string>;
  /** Anything that is not the result, each text one line of stderr, wrapped between words on a narrow terminal. */
  note(...lines: readonly string[]): void;
  /** `warning: …` to stderr, and what belongs to it in lines of their own. */
  warn(...lines: readonly string[]): void;
  /** What is missing, wrong or damaged, to stderr: `missing: …`. Never left out. */
  fault(label: string, ...lines: readonly string[]): void;
  /** What is true in the end, to stderr; or an error. Never left out. */
  last(...lines: readonly string[]): void;
  /** A line of a log. */
  readonly log: Log;
  /** Lines that stay below all others on a live terminal and replace the previous ones; an empty list removes them. */
  pin(lines: readonly string[]): void;
  /** For text that goes to stdout. */
  readonly colors: Colors;
  /** For text that goes to stderr. */
  readonly noteColors: Colors;
  /** A person can be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** Everything on stderr is a log for programs. */
  readonly isLog: boolean;
  /** Lines may be redrawn: stderr is a terminal that understands escapes. */
  readonly live: boolean;
  /** Only the last line is wanted, and errors. */
  readonly quiet: boolean;
  /** Something was printed. */
  readonly hasPrinted: boolean;
  /** Columns of stderr's terminal in which lines may be redrawn. */
  columns(): number;
  /** Columns of stdout's terminal; `Infinity` when stdout is not one. */
  width(): number;
  /** Columns of stderr's terminal; `Infinity` when stderr is not one. */
  noteWidth(): number;
  /** Keeps the result until it is whole, if it is to be shown in a pager. */
  beginPage(): void;
  /** Shows what was kept; returns when the user has left the pager. */
  showPage(): Promise<void>;
  /** Shows what was kept as it is: there will be no more of it. */
  leavePage(): void;
  /** A pager is open: Ctrl-C is meant for it. */
  isPaging(): boolean;
  /** Shows what was left out or kept: somebody is about to be asked about it. */
  leadToQuestion(): void;
  /** Is told when stdout cannot be written to: `EPIPE` when its reader has gone away. */
  onOutputError(told: (error: NodeJS.ErrnoException) => void): void;
  /** For the prompts: what they show is made of {@link shown} lines. */
  readonly promptStreams: Streams;
  /** A line as stderr may have it. */
  shown(line: string): string;
}

/** The standard streams of this process; tests give their own. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The terminal of this process, or of a test's streams. */
export function openTerminal(streams: Streams, env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = streams;
  stderr.on("error", () => {}); // there is nobody left to be told
  let manner: Manner = { quiet: false, color: "auto", pager: true };
  let hasPrinted = false;
  const unsaid: StreamText[] = [];
  let [colors, noteColors] = [colorsFor(stdout, env), colorsFor(stderr, env)];
  const live = stderr.isTTY === true && env.TERM !== "dumb" && !env.CI;
  const columns = () => columnsToDraw(stderr, env);
  const widthOf = (stream: NodeJS.WriteStream) =>
    stream.isTTY === true ? columnsOf(stream, env) : Number.POSITIVE_INFINITY;
  const pin = createPin((text) => void stderr.write(text), columns);
  const put = ({ stream, text }: StreamText) => pin.above(() => void stream.write(text));
  const pages = createPages(stdout, { env, put });
  const asWritten = (
    stream: NodeJS.WriteStream,
    lines: readonly string[],
    columnsMax = Number.POSITIVE_INFINITY,
  ): StreamText => {
    const shown = lines.flatMap((line) => wrapWords(written(line), columnsMax));
    return { stream, text: shown.map((line) => `${line}\n`).join("") };
  };
  const write = (one: StreamText) => pages.keeps(one) || put(one);
  const result = (lines: readonly string[], columnsMax?: number) => {
    hasPrinted = true;
    write(asWritten(stdout, lines, columnsMax));
  };
  const print = (...lines: readonly string[]) => result(lines);
  /** Left out where only the last line is wanted. */
  const aside = (one: StreamText) => {
    if (!manner.quiet) write(one);
    else if (unsaid.push(one) > UNSAID_MAX) unsaid.shift();
  };
  /** In a log of JSON, too, every line has a level and a time. */
  const told = (level: LogLevel, lines: readonly string[]): StreamText =>
    manner.log === "json"
      ? asWritten(
          stderr,
          lines.filter((line) => line !== "").map((line) => logJson(level, line)),
        )
      : asWritten(stderr, lines, widthOf(stderr));
  const last = (...lines: readonly string[]) => void write(told("info", lines));
  const note = (...lines: readonly string[]) => aside(told("info", lines));
  const labelled = (label: string, text: string, paint: (text: string) => string): string =>
    manner.log === "json" ? text : `${paint(`${label}:`)} ${text}`;
  const leavePage = () => {
    for (const one of pages.end()) put(one);
  };
  return {
    heed(wanted) {
      manner = wanted;
      [colors, noteColors] = [colorsFor(stdout, env, manner.color), colorsFor(stderr, env, manner.color)];
    },
    print,
    detail: (...lines) =>
      manner.quiet ? aside(asWritten(stdout, lines, widthOf(stdout))) : result(lines, widthOf(stdout)),
    tell: (...lines) => result(lines, widthOf(stdout)),
    pour: (pieces, signal) => pour(stdout.isTTY === true ? seen(pieces) : pieces, stdout, signal),
    takeIn: (most, signal) => readStdin(stdin, most, signal),
    note,
    warn: (first = "", ...others) =>
      aside(told("warn", [labelled("warning", first, noteColors.yellow), ...others])),
    fault: (label, first = "", ...others) =>
      void write(told("error", [labelled(label, first, noteColors.red), ...others])),
    last,
    log(level, message, fields) {
      const line = (manner.log === "json" ? logJson : logText)(level, message, fields);
      const text = asWritten(stderr, [line]);
      if (level === "error") write(text);
      else aside(text);
    },
    pin: (lines) => live && !manner.quiet && pin.show(lines.map(written)),
    get colors() {
      return colors;
    },
    get noteColors() {
      return noteColors;
    },
    get isLog() {
      return manner.log === "json";
    },
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    live,
    get quiet() {
      return manner.quiet;
    },
    get hasPrinted() {
      return hasPrinted;
    },
    columns,
    width: () => widthOf(stdout),
    noteWidth: () => widthOf(stderr),
    beginPage: () => manner.pager && pages.begin(),
    showPage: pages.show,
    isPaging: pages.isOpen,
    leavePage,
    leadToQuestion() {
      for (const one of unsaid.splice(0)) put(one);
      leavePage();
    },
    onOutputError: (told) => void stdout.on("error", told),
    promptStreams: { ...streams, stderr: withSize(stderr, columns) },
    shown: written,
  };
}

/** How many pieces that were left out are kept for a question. */
const UNSAID_MAX = 1_000;

async function* seen(pieces: Pieces): AsyncGenerator<string> {
  for await (const piece of pieces)
    yield piece
      .split(/(\r?\n)/)
      .map((part, index) => (index % 2 === 1 ? part : written(part)))
      .join("");
}
