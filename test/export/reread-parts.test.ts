/** A window of which several parts are short: an export that is interrupted between them reads the others when it goes on. */
import { expect, test } from "bun:test";
import { type Backend, type Range, v } from "contextcore";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { FIRST, fakeRange, logLine, SECOND } from "./fake-backend.ts";
import { jobOf, runExport, scratch, timesByStream } from "./run.ts";

const ENTRIES = 4_000;
/** Near both ends: what is between them is whole, and is not read again. */
const LACKING: ReadonlySet<number> = new Set([10, 3_990]);
const WHOLE = fakeRange(ENTRIES);

const within = ({ from, to }: Range): number[] =>
  Array.from({ length: ENTRIES }, (_, at) => at).filter((at) => {
    const time = FIRST + BigInt(at) * SECOND;
    return time >= from && time < to;
  });

/** One window, read in one step, which lacks something the first time. */
function shortBackend(onStep: (range: Range) => void): OpenBackend {
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "high" }),
    size: async () => ({ bytes: 1, source: "estimate" }),
    count: async ({ range }) => ({ entries: within(range).length }),
    export: {
      start: async ({ range }) => ({ cursors: [{ from: `${range.from}`, to: `${range.to}` }] }),
      async step({ from, to }) {
        const range = { from: BigInt(String(from)), to: BigInt(String(to)) };
        onStep(range);
        const isFirst = range.from === WHOLE.from && range.to === WHOLE.to;
        const found = within(range).filter((at) => !isFirst || !LACKING.has(at));
        const times = found.map((at) => FIRST + BigInt(at) * SECOND);
        const counts = { entries: found.length };
        const text = `${logLine(0, times)}\n`;
        return { records: [{ file: "logs.json", text, lines: 1, ...range, counts, window: WHOLE }] };
      },
    },
  };
  return { name: "fake", plugin: { name: "fake", about: "a fake", options: v.object({}) }, backend };
}

test.each([2, 3])(
  "interrupted at step %d, it reads what is lacking still, and nothing twice",
  async (last) => {
    using dir = scratch();
    const abort = new AbortController();
    const steps: Range[] = [];
    const job = (onStep: (range: Range) => void) => ({
      backends: [{ open: shortBackend(onStep), request: { range: WHOLE } }],
    });
    const first = job((range) => {
      if (steps.length + 1 === last) abort.abort();
      abort.signal.throwIfAborted();
      steps.push(range);
    });
    const interrupted = runExport(dir.path, [], { ...first, signal: abort.signal, concurrency: 1 });
    expect(await interrupted.catch((error) => error)).toBeInstanceOf(Error);
    const [partial] = await listPartials(dir.path);
    if (partial === undefined) throw new Error("nothing is left to go on with");
    const { path, manifest } = await resumeSnapshot(partial, {
      ...jobOf(dir.path, []),
      ...job((range) => void steps.push(range)),
    });
    expect([manifest.status, manifest.plugins[0]?.counts]).toEqual(["complete", { entries: ENTRIES }]);
    expect(new Set(timesByStream(path)["0"]).size).toBe(ENTRIES);
    expect(steps.length).toBe(3);
  },
);
