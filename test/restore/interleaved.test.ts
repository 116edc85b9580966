/** Snapshots of the same time that each lack what the other holds: of a chain every stream is put back in the order of time. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Backend, Range } from "contextcore";
import { openRestoreJournal } from "../../src/restore/journal.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { runRestore } from "../../src/restore/run.ts";
import { chooseAll } from "../../src/snapshot/catalog/choose.ts";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { openChain } from "../../src/snapshot/catalog/open-chain.ts";
import { FIRST, SECOND } from "../export/fake-backend.ts";
import { runExport, scratch } from "../export/run.ts";
import { STREAMS, windowedBackend } from "../export/windowed-backend.ts";
import { random } from "../lab/random.ts";

const { signal } = new AbortController();
const WINDOWS = [0, 20, 30].map((from): Range => {
  return { from: FIRST + BigInt(from) * SECOND, to: FIRST + BigInt(from + 40) * SECOND };
});

/** A server without a word on its counts, which notes what comes, stream by stream. */
function server(arrived: Map<string, string[]>): Backend {
  const { count: _, ...backend } = windowedBackend({}).backend;
  const apply = async ({ file, lines }: { file: string; lines: readonly string[] }) => {
    if (file !== "logs.json") return { written: {} };
    const streams = lines.flatMap((line) => JSON.parse(line).streams);
    for (const { stream, values } of streams) {
      const times = values.map(([time]: [string]) => time);
      arrived.set(stream.number, [...(arrived.get(stream.number) ?? []), ...times]);
    }
    return { written: { entries: streams.length } };
  };
  return { ...backend, restore: { order: { "logs.json": "time" }, preflight: async () => [], apply } };
}

test.each([1, 2, 3, 4, 5])("with random losses (%d)", async (seed) => {
  using dir = scratch();
  const given = new Map<string, Set<string>>();
  const next = random(seed);
  for (const range of WINDOWS) {
    const lost = Array.from({ length: 100 * STREAMS }, () => next() < 0.3);
    const gives = (second: number, _: number, stream: number): boolean => {
      if (lost[second * STREAMS + stream]) return false;
      const times = given.get(`${stream}`) ?? new Set();
      given.set(`${stream}`, times.add(`${FIRST + BigInt(second) * SECOND}`));
      return true;
    };
    await runExport(dir.path, [], { backends: [{ open: windowedBackend({ gives }), request: { range } }] });
  }
  const { chains } = chooseAll(await readKept(dir.path), () => true);
  const { snapshot } = await openChain(chains, { signal });
  const arrived = new Map<string, string[]>();
  const target = { ...windowedBackend({}), backend: server(arrived), url: "http://server" };
  const plan = await planRestore({ snapshot, backends: [target], labels: {}, signal });
  const journal = await openRestoreJournal(join(dir.path, "restore"));
  const [outcome] = await runRestore({ plan, journal, signal });
  await journal.close();
  await snapshot.close();
  expect(outcome?.failure).toBeUndefined();
  for (const [stream, times] of given) expect(arrived.get(stream)).toEqual([...times].sort());
});
