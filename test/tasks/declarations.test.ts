/** What every task declares, whoever starts it. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DESTRUCTIVE, OPERATIONS } from "../../src/audit/format/operations.ts";
import type { Task } from "../../src/tasks/task.ts";

const folder = resolve(import.meta.dir, "../../src/tasks");

/** Found in the files, so that no task is forgotten in a list. */
const defined = [...new Bun.Glob("*.ts").scanSync(folder)].filter((file) =>
  readFileSync(join(folder, file), "utf8").includes(" defineTask({"),
);
const modules = await Promise.all(defined.map((file) => import(join(folder, file))));
const tasks = modules.flatMap((module) => Object.values<unknown>(module).filter(isTask));

function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && "kind" in value && "run" in value;
}

test("every file that defines a task gives one", () => {
  expect(tasks.length).toBe(defined.length);
  expect(tasks.length).toBeGreaterThan(3);
});

test.each(tasks.map((task) => [task.kind, task] as const))(
  "%s",
  (kind, { params, destructive, recorded, about }) => {
    const known: readonly string[] = OPERATIONS;
    expect(known.includes(kind)).toBe(recorded !== false);
    expect(destructive).toBe(DESTRUCTIVE.has(kind));
    expect(about).toMatch(/^[a-z].*[^.]$/);
    for (const [name, param] of Object.entries(params)) {
      const isPath = param.type !== "flag" && /^(files|directories)$/.test(param.complete ?? "");
      // Over HTTP and by a schedule only configured things are named.
      const isLocal = isPath || /url|command|path|config|^set$/i.test(name);
      expect({ name, isLocal: param.local ?? false }).toEqual({ name, isLocal });
    }
  },
);
