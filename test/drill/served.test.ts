/** Drills through the service: run as a task, their reports over the API, and the metrics that follow from them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { quietProject, startService } from "../support/service.ts";

setDefaultTimeout(120_000);

/** What this test looks at of the answers. */
interface Answer {
  readonly id?: string;
  readonly outcome?: string;
  readonly total?: number;
  readonly drills?: readonly { readonly name: string; readonly verdict: string }[];
}

test("a drill is a task of the API, its report is shown, and metrics tell how it went", async () => {
  const more = "  conf: { plugin: files, path: conf }\n";
  const cwd = quietProject(more);
  mkdirSync(join(cwd, "conf"));
  writeFileSync(join(cwd, "conf", "a.txt"), "a");
  const exported = await run(["export"], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
  const service = await startService(cwd);
  const json = async (path: string, init?: RequestInit): Promise<Answer> =>
    JSON.parse(await (await service.ask(path, init)).text());
  expect(await json("/api/v1/drills")).toMatchObject({ drills: [], total: 0 });
  expect((await service.ask("/api/v1/drills/latest")).status).toBe(404);
  const started = await json("/api/v1/tasks", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "drill", params: { backend: ["conf"] } }),
  });
  let task = started;
  while (task.outcome === undefined && task.id !== undefined) {
    await Bun.sleep(20);
    task = await json(`/api/v1/tasks/${started.id}`);
  }
  expect(task, JSON.stringify(task)).toMatchObject({ outcome: "success" });
  const { drills, total } = await json("/api/v1/drills?limit=10");
  const [newest] = drills ?? [];
  expect([newest?.verdict, total]).toEqual(["proved", 1]);
  const report = await json(`/api/v1/drills/${newest?.name}`);
  expect(report).toMatchObject({
    schema: { name: "drill" },
    backends: [{ backend: "conf", verdict: "proved" }],
  });
  const metrics = await (await service.ask("/metrics")).text();
  expect(metrics).toContain('contextcore_drill_success{backend="conf"} 1\n');
  expect(metrics).toMatch(/contextcore_drill_(last|proved)_timestamp_seconds\{backend="conf"\} 1\d{9}/);
  expect(metrics).toMatch(/contextcore_drill_records\{backend="conf"\} \d/);
  // Whoever polls has each report read once.
  writeFileSync(join(cwd, ".contextcore", "drills", `${newest?.name}.json`), "{");
  expect(await json("/api/v1/drills?limit=10")).toMatchObject({ drills: [{ verdict: "proved" }], total: 1 });
  await service.stop();
});

test("a difference is 0, and the last proof stays", async () => {
  const cwd = quietProject("  conf: { plugin: files, path: conf }\n");
  mkdirSync(join(cwd, "conf"));
  writeFileSync(join(cwd, "conf", "a.txt"), "a");
  await run(["export"], { cwd });
  expect((await run(["drill"], { cwd })).exitCode).toBe(0);
  const { stdout } = await run(["drill", "show", "--json"], { cwd });
  const { snapshots } = JSON.parse(stdout).backends[0];
  const blocks = await Array.fromAsync(
    new Bun.Glob("**/*.{jsonl,bin,pack,data}").scan({ cwd: snapshots[0].path }),
  );
  for (const name of blocks.filter((one) => !one.endsWith("blocks.jsonl"))) {
    const file = join(snapshots[0].path, name);
    const bytes = new Uint8Array(await Bun.file(file).arrayBuffer());
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }
  expect((await run(["drill"], { cwd })).exitCode).toBe(5);
  const metrics = (await run(["metrics"], { cwd })).stdout;
  expect(metrics).toContain('contextcore_drill_success{backend="conf"} 0\n');
  expect(metrics).toMatch(/contextcore_drill_proved_timestamp_seconds\{backend="conf"\} 1\d{9}/);
});
