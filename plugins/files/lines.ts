/** Lines of one data file, given away in pieces. */
import type { Step } from "contextcore";
import { type TreeLine, UNITS } from "./line.ts";

const TEXT_BYTES = 1 << 20;

/** The lines of one data file. */
interface Lines {
  /** Adds a line with its end; an empty one is none. @param type as what it counts @returns a piece that is full */
  add(line: string, type?: TreeLine["type"]): Step | undefined;
  /** The last piece. */
  end(): Step | undefined;
}

/** @param to when the tree was read: its lines stand for that moment. ns */
export function createLines(file: string, to: bigint): Lines {
  let buffer = Buffer.alloc(0);
  let [used, lines] = [0, 0];
  let counts: Record<string, number> = {};
  const end = (): Step | undefined => {
    if (lines === 0) return undefined;
    const records = [{ file, text: buffer.subarray(0, used), lines, from: to - 1n, to, counts }];
    [buffer, used, lines, counts] = [Buffer.alloc(0), 0, 0, {}];
    return { records };
  };
  return {
    add(line, type) {
      if (line.length === 0) return undefined;
      // A character of a text has at most three bytes.
      const most = line.length * 3;
      const full = used + most > buffer.length ? end() : undefined;
      if (used + most > buffer.length) buffer = Buffer.allocUnsafe(Math.max(most, TEXT_BYTES));
      used += buffer.write(line, used);
      lines += 1;
      if (type !== undefined) counts[UNITS[type]] = (counts[UNITS[type]] ?? 0) + 1;
      return full;
    },
    end,
  };
}
