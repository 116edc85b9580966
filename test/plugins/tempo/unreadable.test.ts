/** Traces that Tempo cannot give: each costs itself, and not its batch. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import tempo from "../../../plugins/tempo/index.ts";
import { DEFAULT_RETRY } from "../../../src/engine/retry.ts";
import { exportSnapshot } from "../../../src/export/export-snapshot.ts";
import type { OpenBackend } from "../../../src/host/open.ts";
import { verifySnapshot } from "../../../src/verify/verify.ts";
import { FAST, jobOf, scratch } from "../../export/run.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { HOUR, MINUTE, NOW, SECOND, type Stage, span, stage, traceOf } from "./support.ts";

/** Exports with the engine, which splits what fails. */
async function exported({ backend }: Pick<Stage, "backend">, directory: string) {
  const plugin = { name: "tempo", about: "the plugin", options: tempo.options };
  const open: OpenBackend = { name: "tempo", plugin, backend, clock: () => NOW };
  const { manifest, path } = await exportSnapshot(
    jobOf(directory, [open], {
      backends: [{ open, request: { range: { from: NOW - 3n * HOUR, to: NOW - 30n * MINUTE } } }],
      tuning: { ...FAST, recounts: 0, retry: { ...DEFAULT_RETRY, attempts: 2, baseMs: 1, capMs: 1 } },
    }),
  );
  const text = readFileSync(`${path}/traces.json`, "utf8");
  return { claims: manifest.plugins[0], text, path };
}

test("a trace that no search comes past costs itself, and no other trace of its second", async () => {
  using dir = scratch();
  await using here = stage();
  const begin = NOW - HOUR;
  const ids = Array.from({ length: 60 }, (_, index) => (index + 1).toString(16).padStart(32, "0"));
  for (const [index, id] of ids.entries()) {
    const from = begin + BigInt(index) * 7_000_000n;
    const end = from + BigInt(index + 1) * 1_000_003n;
    here.face.add([storedTrace(id, traceOf(`shop-${index % 3}`, [span(id, "1", from, { end })]))]);
  }
  const neighbour = "f".repeat(32);
  here.face.add([storedTrace(neighbour, traceOf("shop-0", [span(neighbour, "1", begin - 2n * SECOND)]))]);
  const bad = [ids[20] ?? "", ids[41] ?? ""];
  for (const id of bad) here.face.knobs.damaged.add(id);

  const { claims, text, path } = await exported(here, dir.path);
  for (const id of [...ids, neighbour])
    expect([id, text.split(id).length - 1]).toEqual([id, bad.includes(id) ? 0 : 1]);
  const named = claims?.problems.filter(({ reason }) => reason.includes("no search")) ?? [];
  // What there is of their names: their service, their duration to a nanosecond, their kind and status.
  expect(named.flatMap(({ items }) => items).sort()).toEqual([
    expect.stringMatching(
      /rootServiceName = "shop-2" && traceDuration >= 21000063ns && traceDuration < 21000064ns && kind = internal && status != ok && status != error/,
    ),
    expect.stringMatching(
      /rootServiceName = "shop-2" && traceDuration >= 42000126ns && traceDuration < 42000127ns && kind = internal && status != ok && status != error/,
    ),
  ]);
  expect([claims?.status, (await verifySnapshot(path)).flaws]).toEqual(["partial", []]);
});

test("traces that no search comes past are named one by one where counts list them, and all others saved", async () => {
  using dir = scratch();
  await using here = stage();
  const begin = NOW - HOUR;
  const ids = Array.from({ length: 90 }, (_, index) => (index + 1).toString(16).padStart(32, "0"));
  // Of one service, one length and one second: by what they contain they cannot be told apart.
  for (const [index, id] of ids.entries()) {
    const spans = [span(id, "1", begin + BigInt(index) * 7_000_000n), span(id, "2", begin + 2n * SECOND)];
    here.face.add([storedTrace(id, traceOf("shop", spans))]);
  }
  const bad = [ids[20] ?? "", ids[41] ?? ""];
  for (const id of bad) here.face.knobs.torn.add(id);
  const { claims, text } = await exported(here, dir.path);
  for (const id of ids)
    expect([id, text.split(`"traceId":"${id}"`).length - 1]).toEqual([id, bad.includes(id) ? 0 : 2]);
  const named = claims?.problems.filter(({ reason }) => reason.includes("parquet page")) ?? [];
  expect(named.map(({ items }) => items.toSorted())).toEqual([bad.map((id) => `trace ${id}`)]);
  expect(here.asked.filter((path) => path.includes("/api/search?")).length).toBeLessThan(100);
});

test("of ninety traces in one window, three that answer 500 by id are named, and the others saved", async () => {
  using dir = scratch();
  await using here = stage();
  const hex = (index: number): string => (index + 1).toString(16);
  const all = Array.from({ length: 90 }, (_, index) => hex(index));
  for (const [index, id] of all.entries()) {
    const trace = traceOf("shop", [span(id, "1", NOW - HOUR - BigInt(index) * SECOND)]);
    here.face.add([storedTrace(id.padStart(32, "0"), trace)]);
  }
  const bad = [hex(0), hex(41), hex(89)].map((id) => id.padStart(32, "0"));
  for (const id of bad) here.face.knobs.unreadable.add(id);

  const { claims, text, path } = await exported(here, dir.path);
  expect(claims?.counts.traces).toBe(87);
  const lost = claims?.problems.filter(({ reason }) => reason.includes("failed to read parquet page")) ?? [];
  expect(lost.flatMap(({ items }) => items).sort()).toEqual(bad.map((id) => `trace ${id}`).sort());
  for (const id of all) expect(text.includes(id.padStart(32, "0"))).toBe(!bad.includes(id.padStart(32, "0")));
  expect([claims?.status, (await verifySnapshot(path)).flaws]).toEqual(["partial", []]);
});
