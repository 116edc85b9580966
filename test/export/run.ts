/** Runs exports of fakes into a directory of their own, fast. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExportRequest } from "contextcore";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import type { ExportTuning } from "../../src/export/tuning.ts";
import type { ExportJob, ExportResult } from "../../src/export/types.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { fakeRange } from "./fake-backend.ts";

export const FAST: Partial<ExportTuning> = {
  retry: { ...DEFAULT_RETRY, baseMs: 1, capMs: 4 },
  graceMs: 50,
  recountMs: 1,
  progressMs: 0,
};

/** A directory that is removed when the test's `using` ends. */
export function scratch(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "contextcore-export-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export const REQUEST: ExportRequest = { range: fakeRange(20) };

/** The job of exporting these backends. */
export const jobOf = (
  directory: string,
  opens: readonly OpenBackend[],
  more: Partial<ExportJob> = {},
): ExportJob => ({
  backends: opens.map((open) => ({ open, request: REQUEST })),
  failures: [],
  directory,
  concurrency: 4,
  signal: new AbortController().signal,
  tuning: FAST,
  ...more,
});

export const runExport = (
  directory: string,
  opens: readonly OpenBackend[],
  more: Partial<ExportJob> = {},
): Promise<ExportResult> => exportSnapshot(jobOf(directory, opens, more));

/** The lines of a snapshot's file, in order. */
export const linesIn = (path: string, file: string): string[] =>
  readFileSync(join(path, file), "utf8")
    .split("\n")
    .filter((line) => line !== "");

interface PushRequest {
  readonly streams: readonly {
    readonly stream: { readonly number: string };
    readonly values: readonly (readonly [string, string, unknown])[];
  }[];
}

/** The times of each stream's entries in the order of the file. */
export function timesByStream(path: string, file = "logs.json"): Record<string, string[]> {
  const times: Record<string, string[]> = {};
  for (const line of linesIn(path, file)) {
    const request: PushRequest = JSON.parse(line);
    for (const { stream, values } of request.streams) {
      times[stream.number] = [...(times[stream.number] ?? []), ...values.map(([time]) => time)];
    }
  }
  return times;
}

/** What {@link timesByStream} gives for a whole export of a fake. */
export const allTimes = (streams: number, entries: number): Record<string, string[]> =>
  Object.fromEntries(
    Array.from({ length: streams }, (_, stream) => [
      `${stream}`,
      Array.from({ length: entries }, (_, at) => `${fakeRange(entries).from + BigInt(at) * 1_000_000_000n}`),
    ]),
  );
