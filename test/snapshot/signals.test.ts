/** The one table of signals: from a signal's name and its row follow its flags, its place in every schema, its estimate and its check. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import * as v from "valibot";
import { SIGNALS, type Signal, type Size } from "../../src/contract/contract.ts";
import { ANSWERS } from "../../src/host/hooks/answers.ts";
import { estimateExport } from "../../src/inventory/export-size.ts";
import type { Reached } from "../../src/inventory/survey.ts";
import { hasTimeline } from "../../src/snapshot/catalog/coverage.ts";
import { manifestSchema } from "../../src/snapshot/format/manifest.ts";
import { measureLine } from "../../src/snapshot/format/measure-line.ts";
import { pathObjection } from "../../src/snapshot/format/paths.ts";
import { recordsOf } from "../../src/snapshot/format/record-keys.ts";
import { SIGNAL_TABLE } from "../../src/snapshot/format/signals.ts";
import { exportParams } from "../../src/tasks/export-params.ts";
import { restoreParams } from "../../src/tasks/restore-params.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** A line of each data file, as it must be and as it must not. */
const LINES: Readonly<Record<string, readonly [good: string, wrong: string]>> = {
  "traces.json": [
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","startTimeUnixNano":"5"}]}]}]}',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"no trace"}]}]}]}',
  ],
  "metrics.json": [
    '{"metric":{"__name__":"up"},"timestamps":[5],"values":[1]}',
    '{"metric":{"__name__":"up"},"timestamps":[5],"values":[]}',
  ],
  "logs.json": [
    '{"streams":[{"stream":{},"values":[["5","line"]]}]}',
    '{"streams":[{"stream":{},"values":[["6","line"],["5","line"]]}]}',
  ],
};

const reached = (signal: Signal, source: Size["source"]): Reached =>
  ({
    state: "reached",
    name: "x",
    inventory: { signals: [signal], oldest: 0n, newest: 100n, importance: "low" },
    size: { bytes: 1_000_000, source },
  }) as Partial<Reached> as Reached;

describe.each(SIGNALS.map((signal) => ({ signal })))("$signal", ({ signal }) => {
  const { lines, hasTimeline: isTimed } = SIGNAL_TABLE[signal];

  test("has a flag that leaves it out of an export, and one that restores only it", () => {
    expect(exportParams[signal]).toMatchObject({ type: "flag", on: true });
    expect(restoreParams.only.values).toContain(signal);
  });

  test("may be said by an inventory, and stand in a manifest", () => {
    const said = { signals: [signal], importance: "low" };
    expect(v.is(ANSWERS.inventory, said)).toBe(true);
    const { signals } = manifestSchema.entries.plugins.item.entries;
    expect(v.safeParse(signals, [signal]).success).toBe(true);
    expect(v.safeParse(signals, ["smoke"]).success).toBe(false);
  });

  test("has an estimate for every way in which a size is known", () => {
    for (const source of ["disk", "api", "estimate"] as const) {
      const part = { finding: reached(signal, source), range: { from: 0n, to: 100n } };
      const { low, likely, high, known } = estimateExport([part], []);
      expect(known).toBe(true);
      expect(low).toBeGreaterThan(0);
      expect(likely).toBeGreaterThan(low);
      expect(high).toBeGreaterThan(likely);
    }
  });

  test("is exported whole when it has no time line, and by its share when it has one", () => {
    expect(hasTimeline({ signals: [signal] })).toBe(isTimed);
    const likely = (to: bigint): number =>
      estimateExport([{ finding: reached(signal, "disk"), range: { from: 0n, to } }], []).likely;
    expect(likely(50n) / likely(100n)).toBe(isTimed ? 0.5 : 1);
  });

  test("has a data file whose lines are checked, or its plugins' own files alone", () => {
    const file = lines?.file ?? `${signal}.json`;
    expect(pathObjection("acme", file, "records") === undefined).toBe(lines !== undefined);
    expect(pathObjection("acme", `acme/${signal}.json`, "records")).toBeUndefined();
    if (lines === undefined) return;
    const [good, wrong] = LINES[file] ?? [];
    if (good === undefined || wrong === undefined) throw new Error(`LINES above has no lines of ${file}`);
    const at = { from: 0n, to: 10_000_000n };
    const [unit = ""] = lines.counted ?? [];
    expect(Object.values(measureLine(Buffer.from(good), file, at).counts)).toContain(1);
    expect([...recordsOf(file, JSON.parse(good))].flatMap(({ units }) => units)).toEqual([unit]);
    expect(() => measureLine(Buffer.from(wrong), file, at)).toThrow();
  });
});

test("every flag is in the help, and a wrong signal is told the names of all", async () => {
  const cwd = temporaryDirectory();
  const help = (await run(["export", "--help"], { cwd })).stdout;
  for (const signal of SIGNALS) expect(help).toContain(`--no-${signal} `);
  const { stderr, exitCode } = await run(["restore", "latest", "--only", "smoke"], { cwd });
  expect(stderr).toContain(`--only is one of ${SIGNALS.join(", ")}`);
  expect(exitCode).toBe(2);
});

test("nothing is left when the flags leave out all that the stack holds, and no server is asked", async () => {
  const cwd = temporaryDirectory();
  const off = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const loki = "  loki: { url: http://127.0.0.1:1 }\n";
  await Bun.write(join(cwd, "contextcore.yaml"), `backends:\n${off}${loki}`);
  const { stderr, exitCode } = await run(["export", "--no-logs"], { cwd });
  expect(stderr).toContain("error: nothing is left to export\nhint: drop one of the --no-… flags");
  expect(exitCode).toBe(2);
});
