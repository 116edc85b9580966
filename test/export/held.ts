/** Exports of a backend whose windows may be answered short, and what they hold afterwards. */

import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import type { ExportJob } from "../../src/export/types.ts";
import type { Manifest } from "../../src/snapshot/format/manifest.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { random } from "../lab/random.ts";
import { fakeRange } from "./fake-backend.ts";
import { allTimes, runExport, timesByStream } from "./run.ts";
import { ENTRIES, type Held, STREAMS, windowedBackend } from "./windowed-backend.ts";

export const ALL = allTimes(STREAMS, ENTRIES);

export const jobFor = (held: Held, more: Partial<ExportJob> = {}): Partial<ExportJob> => ({
  backends: [{ open: windowedBackend(held), request: { range: fakeRange(ENTRIES) } }],
  ...more,
});

export const exportHeld = (directory: string, held: Held, more: Partial<ExportJob> = {}) =>
  runExport(directory, [], jobFor(held, more));

export async function expectSound(path: string): Promise<void> {
  const { sound, flaws } = await verifySnapshot(path);
  expect([flaws, sound]).toEqual([[], true]);
  expect(readdirSync(path).sort()).toEqual(["blocks.jsonl", "fake", "logs.json", "manifest.json"]);
}

/** The times of each stream; the second reading of a window comes after all windows, as the index says. */
export const sorted = (path: string): Record<string, string[]> =>
  Object.fromEntries(Object.entries(timesByStream(path)).map(([stream, times]) => [stream, times.sort()]));

export const windowAt = (manifest: Manifest, window: number) => manifest.plugins[0]?.windows[window];
export const problemsOf = (manifest: Manifest) => manifest.plugins[0]?.problems.map(({ reason }) => reason);

/** The first reading of the third window lacks some entries. */
export const SHORT_ONCE: Held = { gives: (second, reading) => reading > 1 || second < 20 || second > 26 };

/** What is lost at random, one entry in `every`, in the first reading and in all later ones. */
export function randomLosses(seed: number, every: number): NonNullable<Held["gives"]> {
  const next = random(seed);
  const lost = [1, 2].map(() => Array.from({ length: ENTRIES * STREAMS }, () => next() * every < 1));
  return (second, reading, stream) => lost[reading === 1 ? 0 : 1]?.[second * STREAMS + stream] === false;
}

/** What one of the two readings gave, or both. */
export const unionOf = (gives: NonNullable<Held["gives"]>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(ALL).map(([stream, times]) => [
      stream,
      times.filter((_, second) => gives(second, 1, Number(stream)) || gives(second, 2, Number(stream))),
    ]),
  );
