/** Passes on what a plugin's process prints past its logger, line by line and within readable limits. */

/** A longer line is cut. characters */
const LINE_MAX = 4_096;
/** Limit per process; what it prints beyond is read and discarded. characters */
const ALL_MAX = 1 << 20;

/** Passes on every line of these streams until they end. */
export function relayLines(
  streams: readonly ReadableStream<Uint8Array>[],
  onLine: (line: string) => void,
): void {
  let left = ALL_MAX;
  const tell = (line: string): void => {
    if (left <= 0) return;
    left -= line.length;
    onLine(left > 0 ? line.slice(0, LINE_MAX) : "(it has printed too much; the rest is left out)");
  };
  // A broken stream has ended.
  for (const stream of streams) void relay(stream, tell).catch(() => undefined);
}

async function relay(stream: ReadableStream<Uint8Array>, tell: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_MAX);
    for (const line of lines) if (line.trim() !== "") tell(line);
  }
  if (rest.trim() !== "") tell(rest);
}
