/** One record that a server cannot read: an export names it, saves every other one, and exits 3. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { EXPORT } from "../../src/results/export.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());

const MINUTE = 60_000;
const NOW = Date.now();
const at = (minutesAgo: number): number => NOW - minutesAgo * MINUTE;
const RANGE = ["--from", new Date(at(180)).toISOString(), "--to", new Date(at(30)).toISOString()];

async function exported(name: "mimir" | "tempo") {
  const cwd = labProject(lab, { only: [name] });
  const { stdout, stderr, exitCode } = await run(["export", "--json", ...RANGE], { cwd });
  const { backends, snapshot } = parsedAs(EXPORT, stdout);
  const path = snapshot?.path ?? "";
  const [only] = backends;
  if (only === undefined) throw new Error(stderr);
  const verified = await run(["verify", path], { cwd });
  const items = only.problems.flatMap((problem) => problem.items);
  return { exitCode, path, counts: only.counts, items, stderr, sound: verified.exitCode };
}

test("a sample of Mimir", async () => {
  const whole = await exported("mimir");
  expect(whole.exitCode).toBe(0);
  const { knobs } = lab.faces.mimir;
  const [series] = lab.faces.mimir.store().select([], at(120), at(60));
  const bad = series?.points(at(120), at(60))[0]?.time;
  const text = JSON.stringify(Object.fromEntries(series?.labels ?? []));
  knobs.isUnreadable = (labels, time) => labels === text && time === bad;
  const { exitCode, counts, items, sound, stderr } = await exported("mimir");
  expect(exitCode).toBe(3);
  expect(counts).toEqual({ ...whole.counts, samples: (whole.counts.samples ?? 0) - 1 });
  // Once as what could not be read, once as what the server could not count.
  expect(new Set(items.filter((item) => item.startsWith("samples of "))).size).toBe(1);
  expect(stderr).not.toContain('"step"');
  expect(sound).toBe(0);
});

test("a trace of Tempo", async () => {
  const whole = await exported("tempo");
  expect(whole.exitCode).toBe(0);
  const [, id = ""] =
    /"traceId":"([0-9a-f]+)"/.exec(await Bun.file(join(whole.path, "traces.json")).text()) ?? [];
  lab.faces.tempo.knobs.unreadable.add(id);
  const { exitCode, counts, items } = await exported("tempo");
  expect(exitCode).toBe(3);
  expect(counts.traces).toBe((whole.counts.traces ?? 0) - 1);
  expect(items).toContain(`trace ${id}`);
});
