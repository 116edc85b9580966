/** Windows are counted while later ones are written, and what a server does not show by then is counted afterwards. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Counts } from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { carryOutRestore } from "../../src/restore/carry-out.ts";
import { createCourse } from "../../src/restore/course.ts";
import { planRestore } from "../../src/restore/plan.ts";
import type { RestoreReport } from "../../src/restore/report.ts";
import { rangeToText } from "../../src/snapshot/format/range-text.ts";
import type { Range } from "../../src/units/range.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { manyBlocks, numberIn, serverOf } from "./many.ts";
import { savedPlugin } from "./small.ts";

const BLOCKS = 32;
const PER_WINDOW = 2;
const FIRST = 1_769_212_800_000_000_000n;
const SECOND = 1_000_000_000n;
const { signal } = new AbortController();

/** The windows of the snapshot, each over two blocks. */
const WINDOWS = Array.from({ length: BLOCKS / PER_WINDOW }, (_, number): Range => {
  const from = FIRST + BigInt(number * PER_WINDOW) * SECOND;
  return { from, to: from + BigInt(PER_WINDOW) * SECOND };
});

interface Happened {
  readonly report: RestoreReport;
  /** `write 0`, `flush`, `count 0`: in the order in which the server was asked. */
  readonly asked: readonly string[];
}

/** What of a window's lines a server has, and what of them it had when it was flushed. */
interface Held {
  readonly written: number;
  readonly flushed: number;
  readonly isLast: boolean;
}

/** @param shown what the server counts in a window */
async function restored(shown: (held: Held) => Counts | undefined): Promise<Happened> {
  const asked: string[] = [];
  const written = new Map<number, number>();
  let flushed = new Map<number, number>();
  let isPlanned = false;
  const windowOf = (block: number): number => Math.floor(block / PER_WINDOW);
  const open = serverOf({
    order: "time",
    async apply(batch) {
      const block = numberIn(batch);
      asked.push(`write ${block}`);
      written.set(windowOf(block), (written.get(windowOf(block)) ?? 0) + 1);
      return { written: { entries: 1 } };
    },
  });
  const { restore } = open.backend;
  const counting: OpenBackend = {
    ...open,
    backend: {
      ...open.backend,
      ...(restore === undefined ? {} : { restore: { ...restore, settleMs: async () => 0 } }),
      async flush() {
        asked.push("flush");
        flushed = new Map(written);
      },
      async count({ range }) {
        if (!isPlanned) return undefined;
        const window = Number(range.from - FIRST) / Number(SECOND) / PER_WINDOW;
        asked.push(`count ${window}`);
        return shown({
          written: written.get(window) ?? 0,
          flushed: flushed.get(window) ?? 0,
          isLast: asked.includes(`write ${BLOCKS - 1}`),
        });
      },
    },
  };
  const small = manyBlocks(BLOCKS);
  const read = { entries: PER_WINDOW };
  const saved = WINDOWS.map((range) => ({ ...rangeToText(range), read, server: read }));
  const plugins = [savedPlugin("many", saved)];
  const snapshot = { ...small, manifest: { ...small.manifest, plugins } };
  const plan = await planRestore({ snapshot, backends: [counting], labels: {}, signal });
  isPlanned = true;
  const report = await carryOutRestore(plan, {
    directory: join(temporaryDirectory(), "restore"),
    course: createCourse(plan, () => {}, {}),
    concurrency: 2,
    signal,
    warn: () => {},
    onProgress: () => {},
    everyMs: 0,
  });
  return { report, asked };
}

const counts = (asked: readonly string[]): string[] => asked.filter((one) => one.startsWith("count"));
const all = WINDOWS.map((_, number) => `count ${number}`);

test("windows are counted before the last one is written, each once, and none before it is written whole", async () => {
  const { report, asked } = await restored(({ flushed }) => ({ entries: flushed }));
  expect(report.status).toBe("complete");
  expect(report.plugins[0]?.counted.length).toBe(WINDOWS.length);
  expect(new Set(counts(asked))).toEqual(new Set(all));
  expect(counts(asked).length).toBe(all.length);
  const early = counts(asked.slice(0, asked.lastIndexOf(`write ${BLOCKS - 1}`)));
  expect(early.length).toBeGreaterThanOrEqual(WINDOWS.length / 2 - 1);
  for (const one of early) {
    const last = Number(one.slice("count ".length)) * PER_WINDOW + PER_WINDOW - 1;
    expect(asked.indexOf(one)).toBeGreaterThan(asked.indexOf(`write ${last}`));
  }
});

test("a server is flushed a few times only, however many blocks there are", async () => {
  const { asked } = await restored(({ flushed }) => ({ entries: flushed }));
  const flushes = asked.filter((one) => one === "flush").length;
  // Before and after everything, and in between.
  expect(flushes).toBeGreaterThan(2);
  expect(flushes).toBeLessThanOrEqual(6);
});

test("what shows only after everything is written is counted then, and nobody asks in vain meanwhile", async () => {
  const { report, asked } = await restored(({ written, isLast }) => ({ entries: isLast ? written : 0 }));
  expect(report.status).toBe("complete");
  const early = counts(asked.slice(0, asked.indexOf(`write ${BLOCKS - 1}`)));
  expect(new Set(early).size).toBe(early.length);
  expect(early.length).toBeLessThan(all.length);
});

test("a server that cannot be counted meanwhile is asked again at the end", async () => {
  let failures = 0;
  const { report } = await restored(({ flushed }) => {
    failures += 1;
    if (failures < 4) throw new PluginError("invalid", "not now");
    return { entries: flushed };
  });
  expect(report.status).toBe("complete");
  expect(report.plugins[0]?.counted.every(({ failure }) => failure === undefined)).toBe(true);
});

test("what a server never shows is told as missing", async () => {
  const { report } = await restored(({ written }) => ({ entries: written === 0 ? 0 : PER_WINDOW - 1 }));
  expect(report.status).toBe("partial");
  expect(report.plugins[0]?.counted.filter(({ short }) => short.length > 0).length).toBe(WINDOWS.length);
});
