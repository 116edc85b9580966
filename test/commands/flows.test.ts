/** The main flows against the lab: what is said, on which stream, with which exit code, compared whole. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EXPORT } from "../../src/results/export.ts";
import { CHECK_DESTROY, INVENTORY } from "../../src/results/inventory.ts";
import { startLab } from "../lab/lab.ts";
import { type Finished, run } from "../support/binary.ts";
import { expectGolden } from "../support/golden.ts";
import { eventsIn, parsedAs } from "../support/printed.ts";
import { labProject, steady } from "../support/project.ts";
import { pushLine } from "../support/push-line.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

/** Everything that was said, as one text. Progress lines come in any order. */
function whole({ stdout, stderr, exitCode }: Finished, cwd: string): string {
  const lines = steady(stderr, cwd).split("\n");
  const progress = lines.filter((line) => /: done, /.test(line)).sort();
  const rest = lines.filter((line) => !/: done, /.test(line));
  const notes = [...progress, ...rest].join("\n");
  return `exit code ${exitCode}\n── stdout\n${steady(stdout, cwd)}── stderr\n${notes}`;
}

const INVENTORY_LINE =
  /^(tempo|mimir|loki|grafana) +[\d.]+ (B|kB|MB) {2}retention=\S+ +importance=(low|medium|high|critical)$/;

test("inventory: a line for each backend, sizes right-aligned, then the warnings", async () => {
  const cwd = labProject(lab);
  const finished = await run(["inventory"], { cwd });
  expectGolden("inventory", whole(finished, cwd));
  const lines = finished.stdout.trimEnd().split("\n");
  expect(lines.filter((line) => !INVENTORY_LINE.test(line))).toEqual([]);
  expect(new Set(lines.map((line) => line.indexOf("  retention=")))).toEqual(new Set([21]));
});

test("inventory --json is the documented shape", async () => {
  const { stdout, stderr, exitCode } = await run(["inventory", "--json"], { cwd: labProject(lab) });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  const { backends, stack } = parsedAs(INVENTORY, stdout);
  expect([stack, ...backends.map(({ backend, state }) => `${backend} ${state}`)]).toEqual([
    "shop",
    "tempo reached",
    "mimir reached",
    "loki reached",
    "grafana reached",
  ]);
});

test("inventory lists a backend that does not answer, shows the others, and exits 3", async () => {
  const cwd = labProject(lab, { urls: { loki: "http://127.0.0.1:9" } });
  expectGolden("inventory-unreachable", whole(await run(["inventory"], { cwd }), cwd));
});

test("export, then audit: a complete snapshot, and who made it", async () => {
  const cwd = labProject(lab);
  expectGolden("export", whole(await run(["export", "-t", "24h", "-o", "./backups/"], { cwd }), cwd));
  const [snapshot = ""] = readdirSync(join(cwd, "backups"));
  expect(snapshot).toMatch(/^\d{8}-\d{6}$/);
  const files = readdirSync(join(cwd, "backups", snapshot));
  expect(files).toEqual(
    expect.arrayContaining(["manifest.json", "traces.json", "metrics.json", "logs.json", "grafana"]),
  );
  const audit = await run(["audit"], { cwd });
  expectGolden("audit", whole(audit, cwd).replaceAll(/\S+@\S+/g, "USER@HOST"));
});

test("export --json prints the documented shape and nothing else", async () => {
  const cwd = labProject(lab);
  const { stdout, exitCode } = await run(["export", "--json", "-t", "1h"], { cwd });
  const printed = parsedAs(EXPORT, stdout);
  expect({ exitCode, status: printed.status }).toEqual({ exitCode: 0, status: "complete" });
  expect(existsSync(join(printed.snapshot?.path ?? "", "manifest.json"))).toBe(true);
});

test("export leaves out what it is told to, and never asks those servers", async () => {
  const cwd = labProject(lab, { urls: { tempo: "http://127.0.0.1:9", mimir: "http://127.0.0.1:9" } });
  const args = ["export", "--json", "--no-traces", "--no-metrics", "--no-dashboards"];
  const { stdout, exitCode } = await run(args, { cwd });
  const { backends } = parsedAs(EXPORT, stdout);
  expect({ exitCode, names: backends.map(({ backend }) => backend) }).toEqual({
    exitCode: 0,
    names: ["loki"],
  });
});

test("--match goes to the backend that it names", async () => {
  const cwd = labProject(lab);
  const counts = async (...args: string[]) => {
    const { stdout } = await run(["export", "--json", "--plugin", "loki", ...args], { cwd });
    return parsedAs(EXPORT, stdout).backends[0]?.counts.entries ?? 0;
  };
  const all = await counts();
  const some = await counts("--match", 'loki={service_name="checkout"}');
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(all);
  expect(await counts("--match", '{service_name="checkout"}')).toBe(some);
});

test("one backend failing stops no other: partial, exit 3, and the last line says what is missing", async () => {
  const cwd = labProject(lab, { urls: { loki: "http://127.0.0.1:9" } });
  const finished = await run(["export", "-t", "1h"], { cwd });
  expectGolden("export-partial", whole(finished, cwd));
  expect(finished.stderr.trimEnd().split("\n").at(-1)).toStartWith("missing: loki: failed:");
});

test("after an export --all nothing more is told to be unsaved", async () => {
  const cwd = labProject(lab);
  expect((await run(["persistence", "check-destroy"], { cwd })).exitCode).toBe(3);
  expect((await run(["export", "--all"], { cwd })).exitCode).toBe(0);
  const { stdout, stderr, exitCode } = await run(["persistence", "check-destroy"], { cwd });
  expect(stdout.trimEnd().split("\n").at(-1)).toBe(
    "a destroy would lose nothing: the snapshots hold everything",
  );
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
});

test("check-destroy: what expires soon is unsaved, too, and so is what has just come in where nothing is held", async () => {
  const own = await startLab({ empty: true });
  try {
    const cwd = labProject(own, { only: ["loki"] });
    const check = async () => {
      const { stdout, exitCode } = await run(["persistence", "check-destroy", "--json"], { cwd });
      return { exitCode, texts: parsedAs(CHECK_DESTROY, stdout).losses.map(({ message }) => message) };
    };
    expect(await check()).toEqual({ exitCode: 0, texts: [] });
    await pushLine(own.urls.loki, Date.now() - 60_000);
    expect(await check()).toEqual({ exitCode: 3, texts: ["1 min not in any snapshot"] });
    own.faces.loki.limits.retention_period = "24h";
    await pushLine(own.urls.loki, Date.now() - 3_600_000);
    const { exitCode, texts } = await check();
    expect([exitCode, texts]).toEqual([
      3,
      [expect.stringContaining("not in any snapshot, all of it expires")],
    ]);
  } finally {
    await own.stop();
  }
});

test("audit --json is the documented shape, newest last, no more than the limit", async () => {
  const cwd = labProject(lab);
  for (const backend of ["loki", "grafana"]) await run(["export", "--plugin", backend], { cwd });
  const { stdout } = await run(["audit", "--json", "-n", "3", "--operation", "export"], { cwd });
  expect(eventsIn(stdout).map(({ outcome, seq }) => [outcome, seq])).toEqual([
    ["success", 2],
    ["started", 3],
    ["success", 4],
  ]);
});

test("a command ends as soon as the servers have answered", async () => {
  const began = performance.now();
  await run(["inventory"], { cwd: labProject(lab) });
  expect(performance.now() - began).toBeLessThan(8_000);
});
