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
import { HOUR, MINUTE, NOW, SECOND, span, stage, traceOf } from "./support.ts";

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

  const plugin = { name: "tempo", about: "the plugin", options: tempo.options };
  const open: OpenBackend = { name: "tempo", plugin, backend: here.backend, clock: () => NOW };
  const { manifest, path } = await exportSnapshot(
    jobOf(dir.path, [open], {
      backends: [{ open, request: { range: { from: NOW - 3n * HOUR, to: NOW - 30n * MINUTE } } }],
      tuning: { ...FAST, recounts: 0, retry: { ...DEFAULT_RETRY, attempts: 2, baseMs: 1, capMs: 1 } },
    }),
  );
  const [claims] = manifest.plugins;
  expect(claims?.counts.traces).toBe(87);
  const lost = claims?.problems.filter(({ reason }) => reason.includes("failed to read parquet page")) ?? [];
  expect(lost.flatMap(({ items }) => items).sort()).toEqual(bad.map((id) => `trace ${id}`).sort());
  const text = readFileSync(`${path}/traces.json`, "utf8");
  for (const id of all) expect(text.includes(id.padStart(32, "0"))).toBe(!bad.includes(id.padStart(32, "0")));
  expect([claims?.status, (await verifySnapshot(path)).flaws]).toEqual(["partial", []]);
});
