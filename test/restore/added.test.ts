/** A restore that goes on after it was interrupted gives what a second reading added once, too. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Backend } from "contextcore";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { openRestoreJournal } from "../../src/restore/journal.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { runRestore } from "../../src/restore/run.ts";
import { recordsOf } from "../../src/snapshot/format/record-keys.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { fakeRange } from "../export/fake-backend.ts";
import { runExport, scratch } from "../export/run.ts";
import { ENTRIES, windowedBackend } from "../export/windowed-backend.ts";

const { signal } = new AbortController();

/** A server that takes so many batches and is gone then. */
function server(batches: number, held: Map<string, number>): Backend {
  const { count: _, ...backend } = windowedBackend({}).backend;
  let left = batches;
  const apply = async ({ file, lines }: { file: string; lines: readonly string[] }) => {
    if (left-- === 0) throw new Error("gone");
    if (file !== "logs.json") return { written: {} };
    const records = lines.flatMap((line) => [...recordsOf(file, JSON.parse(line))]);
    for (const { identity } of records) held.set(identity, (held.get(identity) ?? 0) + 1);
    return { written: { entries: records.length } };
  };
  return { ...backend, restore: { order: { "logs.json": "time" }, preflight: async () => [], apply } };
}

test.each([5, 6, 7, 8, 9, 10])("after %d batches", async (batches) => {
  using dir = scratch();
  const gives = (second: number, reading: number) =>
    reading > 1 || second < 20 || second > 26 || second === 25;
  const { path } = await runExport(dir.path, [], {
    backends: [{ open: windowedBackend({ gives }), request: { range: fakeRange(ENTRIES) } }],
  });
  const snapshot = await openSnapshot(path);
  const held = new Map<string, number>();
  const restore = async (backend: Backend) => {
    const target = { ...windowedBackend({}), backend, url: "http://server" };
    const plan = await planRestore({ snapshot, backends: [target], labels: {}, signal });
    const journal = await openRestoreJournal(join(dir.path, "restore"));
    const retry = { ...DEFAULT_RETRY, attempts: 1, baseMs: 1, capMs: 1 };
    const [outcome] = await runRestore({ plan, journal, signal, retry });
    await journal.close();
    return outcome;
  };
  expect((await restore(server(batches, held)))?.failure).toBe("gone");
  const outcome = await restore(server(Number.POSITIVE_INFINITY, held));
  expect([outcome?.failure, outcome?.written]).toEqual([undefined, { entries: 200 }]);
  expect([held.size, [...held.values()].filter((times) => times > 1)]).toEqual([200, []]);
  await snapshot.close();
});
