/** Lines of one data file, given away in pieces. */
import type { Step } from "contextcore";
import { type TreeLine, UNITS } from "./line.ts";

const TEXT_LENGTH = 1 << 20;

/** The lines of one data file. */
interface Lines {
  /** Adds a line; an empty text is none. @param type as what it counts @returns a piece that is full */
  add(line: string, type?: TreeLine["type"]): Step | undefined;
  /** The last piece. */
  end(): Step | undefined;
}

/** @param to when the tree was read: its lines stand for that moment. ns */
export function createLines(file: string, to: bigint): Lines {
  let [lines, length]: [string[], number] = [[], 0];
  let counts: Record<string, number> = {};
  const end = (): Step | undefined => {
    if (lines.length === 0) return undefined;
    const records = [{ file, text: lines.join(""), lines: lines.length, from: to - 1n, to, counts }];
    [lines, length, counts] = [[], 0, {}];
    return { records };
  };
  return {
    add(line, type) {
      if (line === "") return undefined;
      lines.push(line);
      length += line.length;
      if (type !== undefined) counts[UNITS[type]] = (counts[UNITS[type]] ?? 0) + 1;
      return length >= TEXT_LENGTH ? end() : undefined;
    },
    end,
  };
}
