/** What a program prints, line by line, whatever it prints. */
import type { Readable } from "node:stream";

/** A longer line is told in pieces. Characters */
const LINE_MAX = 2_000;

/** Listening to an output. */
interface Listening {
  /** Resolves when the output has ended, or this much later; then nobody listens any more. ms */
  end(patienceMs: number): Promise<void>;
}

/** Tells each line of an output. Carriage returns end one, too: they draw progress. */
export function listen(stream: Readable | null, onLine: (line: string) => void): Listening {
  if (stream === null) return { end: async () => undefined };
  const { promise, resolve } = Promise.withResolvers<void>();
  let open = "";
  const tell = (line: string): void => {
    if (line.trim() !== "") onLine(line);
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (open + text).split(/\r\n|\n|\r/);
    open = lines.pop() ?? "";
    for (const line of lines) for (const piece of piecesOf(line)) tell(piece);
    for (; open.length > LINE_MAX; open = open.slice(LINE_MAX)) tell(open.slice(0, LINE_MAX));
  });
  stream.once("close", resolve);
  stream.once("error", () => resolve());
  return {
    async end(patienceMs) {
      const late = setTimeout(resolve, patienceMs);
      await promise;
      clearTimeout(late);
      stream.removeAllListeners("data");
      stream.destroy();
      tell(open);
      open = "";
    },
  };
}

const piecesOf = (line: string): string[] =>
  line.length <= LINE_MAX ? [line] : [line.slice(0, LINE_MAX), ...piecesOf(line.slice(LINE_MAX))];
