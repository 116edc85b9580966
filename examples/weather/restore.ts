/** Puts readings back, and says what the server said of each. */
import { fromRfc3339, parseShape, type Restorer } from "contextcore";
import { type Api, READING, type Reading } from "./api.ts";

const readingOf = (line: string): Reading => parseShape("a line of readings.jsonl", READING, line);

/** The server knows a reading by its station and its time, so a batch may come twice. */
export const createRestorer = (api: Api): Restorer => ({
  // Batches need not wait for one another.
  order: { "example/weather/readings.jsonl": "any" },
  matcher: (station) => (line) => (readingOf(line).station === station ? line : undefined),
  /** What would get in the way of a restore, checked before anything is written: nothing here. */
  preflight: async () => [],
  async apply({ lines, range }, signal) {
    // A batch holds whole lines of the snapshot: of these, `restore --from --to` wants what lies in the range.
    const wanted = lines.filter((line) => {
      const at = fromRfc3339(readingOf(line).at);
      return at >= range.from && at < range.to;
    });
    if (wanted.length === 0) return { written: {} };
    const { accepted, existing, refused } = await api.put(wanted.map(readingOf), signal);
    return {
      written: { readings: accepted },
      existing: { readings: existing },
      rejected: refused.map(({ index, reason }) => ({ line: wanted[index] ?? "", reason })),
    };
  },
});
