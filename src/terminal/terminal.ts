/**
 * The program's face to people and scripts. Results go to stdout, everything else to stderr. All that is written goes through
 * here, and nothing in it steers a terminal, wherever it came from and whatever it goes to: of a text only our own styles are
 * obeyed (`styles.ts`), a line is one line, and everything else is made visible.
 */

import { createPin } from "./pin.ts";
import { type Pieces, pour } from "./pour.ts";
import { type Colors, colorsFor, written } from "./styles.ts";
import { wrapWords } from "./wrap.ts";

/** All ways to say something, and what the terminal can do. Escape sequences in a text are shown, not obeyed. */
export interface Terminal {
  /** A result, each text one line of stdout. */
  print(...lines: readonly string[]): void;
  /** A result in sentences, to stdout; wrapped between words on a narrow terminal. */
  tell(...lines: readonly string[]): void;
  /** A result that is another program's, at its pace: as it is, unless stdout is a terminal. @returns whether all of it was taken */
  pour(pieces: Pieces, signal: AbortSignal): Promise<boolean>;
  /** Anything that is not the result, each text one line of stderr, wrapped between words on a narrow terminal. */
  note(...lines: readonly string[]): void;
  /** `warning: …` to stderr, and what belongs to it in lines of their own. */
  warn(...lines: readonly string[]): void;
  /** Lines that stay below all others on a live terminal and replace the previous ones; an empty list removes them. */
  pin(lines: readonly string[]): void;
  /** For text that goes to stdout. */
  readonly colors: Colors;
  /** For text that goes to stderr. */
  readonly noteColors: Colors;
  /** A person can be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** Lines may be redrawn: stderr is a terminal that understands escapes. */
  readonly live: boolean;
  /** Columns of stderr's terminal. */
  columns(): number;
  /** Columns of stdout's terminal; `Infinity` when stdout is not one. */
  width(): number;
  /** Columns of stderr's terminal; `Infinity` when stderr is not one. */
  noteWidth(): number;
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
  const [colors, noteColors] = [colorsFor(stdout, env), colorsFor(stderr, env)];
  const live = stderr.isTTY === true && env.TERM !== "dumb" && !env.CI;
  const columns = () => stderr.columns || 80;
  const pin = createPin((text) => void stderr.write(text), columns);
  const noteWidth = () => (stderr.isTTY === true ? columns() : Number.POSITIVE_INFINITY);
  const width = () => (stdout.isTTY === true ? stdout.columns || 80 : Number.POSITIVE_INFINITY);
  const write = (
    stream: NodeJS.WriteStream,
    lines: readonly string[],
    columnsMax = Number.POSITIVE_INFINITY,
  ) => {
    const shown = lines.flatMap((line) => wrapWords(written(line), columnsMax));
    pin.above(() => void stream.write(shown.map((line) => `${line}\n`).join("")));
  };
  const print = (...lines: readonly string[]) => write(stdout, lines);
  const note = (...lines: readonly string[]) => write(stderr, lines, noteWidth());
  return {
    print,
    tell: (...lines) => write(stdout, lines, width()),
    pour: (pieces, signal) => pour(stdout.isTTY === true ? seen(pieces) : pieces, stdout, signal),
    note,
    warn: (first = "", ...others) => note(`${noteColors.yellow("warning:")} ${first}`, ...others),
    pin: (lines) => live && pin.show(lines.map(written)),
    colors,
    noteColors,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    live,
    columns,
    width,
    noteWidth,
    onOutputError: (told) => void stdout.on("error", told),
    promptStreams: streams,
    shown: written,
  };
}

async function* seen(pieces: Pieces): AsyncGenerator<string> {
  for await (const piece of pieces)
    yield piece
      .split(/(\r?\n)/)
      .map((part, index) => (index % 2 === 1 ? part : written(part)))
      .join("");
}
