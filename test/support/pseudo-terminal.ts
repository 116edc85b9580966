/** Drives the program as a person does: through a pseudo-terminal, key by key. */
import { binary, cleanEnv } from "./binary.ts";

export interface Session {
  /** Everything shown so far, escapes taken out. */
  text(): string;
  /** The same with the escapes. */
  raw(): string;
  /** Resolves when the text has been shown since the last wait; fails after half a minute, with what was shown. */
  waitFor(text: string): Promise<void>;
  type(keys: string): void;
  /** Sends a signal as `kill` does. */
  kill(signal: NodeJS.Signals): void;
  /** Closes the terminal's window: nobody reads or types any more. */
  close(): void;
  readonly exited: Promise<number>;
}

export const KEY = {
  up: "\u001b[A",
  down: "\u001b[B",
  enter: "\r",
  escape: "\u001b",
  erase: "\u007f",
  interrupt: "\u0003",
  endOfInput: "\u0004",
};

const PATIENCE_MS = 30_000;

/** No terminal starts without a size, but it can lose it. */
const UNSIZED = ["/bin/sh", "-c", 'stty cols 0 rows 0; exec "$0" "$@"'];

/** Starts the program on a terminal of its own. There is no pager unless `env` says so: nobody would leave it. */
export function openSession(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    /** Default 120; with 0 the terminal does not know its size. */
    readonly columns?: number;
    /** Default 50. */
    readonly rows?: number;
  },
): Session {
  const decoder = new TextDecoder();
  let raw = "";
  let seen = 0;
  let wake = () => {};
  const words = options.columns === 0 ? [...UNSIZED, binary] : [binary];
  const child = Bun.spawn([...words, ...args], {
    cwd: options.cwd,
    env: { ...cleanEnv(options.cwd), TERM: "xterm-256color", PAGER: "cat", ...options.env },
    terminal: {
      cols: options.columns ?? 120,
      rows: options.rows ?? 50,
      data(_terminal, data) {
        raw += decoder.decode(data, { stream: true });
        wake();
      },
    },
  });
  const text = () => Bun.stripANSI(raw).replaceAll("\r\n", "\n");
  return {
    text,
    raw: () => raw,
    async waitFor(wanted) {
      const limit = Date.now() + PATIENCE_MS;
      for (;;) {
        const at = text().indexOf(wanted, seen);
        if (at >= 0) {
          seen = at + wanted.length;
          return;
        }
        const left = limit - Date.now();
        if (left <= 0) throw new Error(`${JSON.stringify(wanted)} was not shown, but:\n${text()}`);
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, left);
        await promise;
        clearTimeout(timer);
      }
    },
    type: (keys) => void child.terminal?.write(keys),
    kill: (signal) => child.kill(signal),
    close: () => child.terminal?.close(),
    exited: child.exited.finally(() => child.terminal?.close()),
  };
}
