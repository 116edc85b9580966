/** Lines that stay at the bottom of a terminal while others are written above them. */
interface Pin {
  show(lines: readonly string[]): void;
  /** Removes the lines, writes, and puts them back. */
  above(write: () => void): void;
}

/**
 * Lines at the bottom, initially none.
 * @param write writes to the terminal
 * @param columns its present width; lines are cut to it, since a wrapped line could not be erased
 */
export function createPin(write: (text: string) => void, columns: () => number): Pin {
  let shown: readonly string[] = [];
  const erase = () => (shown.length === 0 ? "" : `\r\u001b[${shown.length}A\u001b[J`);
  const drawn = () => shown.map((line) => `${Bun.sliceAnsi(line, 0, columns() - 1)}\n`).join("");
  return {
    show(lines) {
      const before = erase();
      shown = lines;
      write(before + drawn());
    },
    above(writeLines) {
      if (shown.length > 0) write(erase());
      writeLines();
      if (shown.length > 0) write(drawn());
    },
  };
}
