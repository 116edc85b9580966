import { UsageError } from "../tasks/task/errors.ts";
import { formatBytes } from "../units/bytes.ts";

/** All of standard input, as text. @param most bytes @throws UsageError when it is a terminal, or longer; the signal's reason */
export async function readStdin(
  stdin: NodeJS.ReadStream,
  most: number,
  signal: AbortSignal,
): Promise<string> {
  if (stdin.isTTY) throw new UsageError("there is nothing on standard input", "give it a file: < FILE");
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stdin) {
    signal.throwIfAborted();
    bytes += piece.length;
    if (bytes > most) throw new UsageError(`standard input has more than ${formatBytes(most)}`);
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString();
}
