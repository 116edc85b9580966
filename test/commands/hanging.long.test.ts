/**
 * A record at which a server hangs: every call that comes upon it takes longer than the time limit. It is named, everything else is
 * saved, and what only asks for a part of it does not take the whole time again.
 */
import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { EXPORT } from "../../src/results/export.ts";
import { RESTORE } from "../../src/results/restore.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(400_000);

const lab = await startLab();
const other = await startLab({ empty: true });
afterAll(async () => {
  await lab.stop();
  await other.stop();
});

const MINUTE = 60_000;
const NOW = Date.now();
const at = (minutesAgo: number): number => NOW - minutesAgo * MINUTE;
const RANGE = ["--from", new Date(at(125)).toISOString(), "--to", new Date(at(95)).toISOString()];

type Name = "loki" | "mimir" | "grafana";

const limitOf = (name: Name): string[] => ["--set", `backends.${name}.timeout=1s`];

async function exported(name: Name) {
  const cwd = labProject(lab, { only: [name] });
  const { stdout, stderr, exitCode } = await run(["export", "--json", ...RANGE, ...limitOf(name)], { cwd });
  const { backends, snapshot } = parsedAs(EXPORT, stdout);
  const [only] = backends;
  if (only === undefined) throw new Error(stderr);
  const verified = await run(["verify", snapshot?.path ?? ""], { cwd });
  const read = only.problems.filter(({ reason }) => /took longer than|gave no answer/.test(reason));
  const items = read.filter(({ reason }) => !reason.includes("counted")).flatMap((one) => one.items);
  const { status, counts } = only;
  return {
    exitCode,
    status,
    counts,
    items,
    stderr,
    verified: verified.exitCode,
    cwd,
    path: snapshot?.path ?? "",
  };
}

/** Into the empty servers. */
async function restored(name: Name, { cwd, path }: { readonly cwd: string; readonly path: string }) {
  const to = ["--set", `backends.${name}.url=${other.urls[name]}`, ...limitOf(name)];
  const { stdout, stderr, exitCode } = await run(["restore", path, "--yes", "--json", ...to], { cwd });
  const [only] = parsedAs(RESTORE, stdout).backends;
  if (only === undefined) throw new Error(stderr);
  const { rejected, written, existing, failure } = only;
  return { exitCode, rejected, failure, written, existing };
}

interface Hanging {
  readonly name: Name;
  readonly unit: string;
  /** Makes the server hang at one record, and says its name. */
  readonly hang: (of: Lab) => string;
}

const HANGING: readonly Hanging[] = [
  {
    name: "loki",
    unit: "entries",
    hang({ faces: { loki } }) {
      const [slice] = loki.store().select([], BigInt(at(120)) * 1_000_000n, BigInt(at(100)) * 1_000_000n);
      if (slice === undefined) throw new Error("there are no lines");
      const bad = slice.stream.entries.time(slice.low);
      const labels = slice.stream.labels.map(([name, value]) => `${name}="${value}"`).join(", ");
      loki.knobs.isUnreadable = (stream, time) => stream === `{${labels}}` && time === bad;
      return `lines of {${labels}`;
    },
  },
  {
    name: "mimir",
    unit: "samples",
    hang({ faces: { mimir } }) {
      const [series] = mimir.store().select([], at(120), at(100));
      const bad = series?.points(at(120), at(100))[0]?.time;
      const text = JSON.stringify(Object.fromEntries(series?.labels ?? []));
      mimir.knobs.isUnreadable = (labels, time) => labels === text && time === bad;
      return `samples of ${series?.labels.find(([name]) => name === "__name__")?.[1]}`;
    },
  },
  {
    name: "grafana",
    unit: "dashboards",
    hang({ faces: { grafana } }) {
      grafana.knobs.isUnreadable = ({ uid, title }) => uid === "svc-checkout" && title !== undefined;
      return "dashboard number";
    },
  },
];

afterEach(() => {
  for (const { name } of HANGING) {
    lab.faults[name].clear();
    lab.faces[name].knobs.isUnreadable = undefined;
  }
});

test.each(HANGING)("$name: one record costs itself alone", async ({ name, unit, hang }) => {
  const whole = await exported(name);
  expect([whole.exitCode, whole.items]).toEqual([0, []]);
  const item = hang(lab);
  lab.faults[name].add({ kind: "mute" });
  const found = await exported(name);
  expect(found).toMatchObject({ exitCode: 3, status: "partial", verified: 0 });
  expect(found.counts).toEqual({ ...whole.counts, [unit]: (whole.counts[unit] ?? 0) - 1 });
  expect(found.items).toHaveLength(1);
  expect(found.items[0]).toStartWith(item);
  expect(found.stderr).not.toMatch(/"(kind|step|selector|page)"/);
});

test("a line at which a push hangs costs itself alone", async () => {
  const whole = await exported("loki");
  const { knobs } = other.faces.loki;
  const [slice] = lab.faces.loki
    .store()
    .select([], BigInt(at(120)) * 1_000_000n, BigInt(at(100)) * 1_000_000n);
  const bad = JSON.parse(slice?.stream.entries.entry(slice.low).line ?? '""');
  expect(bad).not.toBe("");
  knobs.failsToTake = (line) => line === bad;
  other.faults.loki.add({ kind: "mute" });
  const found = await restored("loki", whole);
  other.faults.loki.clear();
  knobs.failsToTake = undefined;
  expect(found).toMatchObject({ exitCode: 3, rejected: 1, failure: undefined });
  const { written, existing } = found;
  expect((written.entries ?? 0) + (existing.entries ?? 0)).toBe((whole.counts.entries ?? 0) - 1);
});
