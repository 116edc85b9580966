/**
 * The program's face to people and scripts. Results go to stdout, everything else to stderr. Control sequences are escaped,
 * wherever the text came from; only a result that goes to a file or a pipe stays unchanged.
 */

import { visibleLines } from "../units/visible.ts";
import { type Colors, colorsFor } from "./colors.ts";
import { createPin } from "./pin.ts";
import { wrapWords } from "./wrap.ts";

export interface Terminal {
  /** A result: one or more lines to stdout, unchanged if that is not a terminal; the newline is added. */
  print(text: string): void;
  /** A result in sentences, to stdout; wrapped between words on a narrow terminal. */
  tell(text: string): void;
  /** Anything that is not the result, to stderr, wrapped between words on a narrow terminal; the newline is added. */
  note(text: string): void;
  /** `warning: …` to stderr. */
  warn(text: string): void;
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
  /** For the prompts. */
  readonly streams: Streams;
}

export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The terminal of this process, or of a test's streams. */
export function openTerminal(streams: Streams, env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = streams;
  const noteColors = colorsFor(stderr, env);
  const live = stderr.isTTY === true && env.TERM !== "dumb" && !env.CI;
  const columns = () => stderr.columns || 80;
  const pin = createPin((text) => void stderr.write(text), columns);
  const noteWidth = () => (stderr.isTTY === true ? columns() : Number.POSITIVE_INFINITY);
  const told = (text: string) => visibleLines(text, noteColors.isColorSupported);
  const note = (text: string) =>
    pin.above(() => void stderr.write(`${wrapWords(told(text), noteWidth()).join("\n")}\n`));
  const colors = colorsFor(stdout, env);
  const result = (text: string) => visibleLines(text, colors.isColorSupported);
  const write = (text: string) => pin.above(() => void stdout.write(`${text}\n`));
  const print = (text: string) => write(stdout.isTTY === true ? result(text) : text);
  const width = () => (stdout.isTTY === true ? stdout.columns || 80 : Number.POSITIVE_INFINITY);
  return {
    print,
    tell: (text) => write(wrapWords(result(text), width()).join("\n")),
    note,
    warn: (text) => note(`${noteColors.yellow("warning:")} ${text}`),
    pin: (lines) => live && pin.show(lines.map(told)),
    colors,
    noteColors,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    live,
    columns,
    width,
    noteWidth,
    streams,
  };
}
