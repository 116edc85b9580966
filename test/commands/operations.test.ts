/** The names of operations: those that contextcore records, and those of others, which can be looked for too. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { OPERATIONS } from "../../src/audit/format/operations.ts";
import { openTrail } from "../../src/audit/trail.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const root = join(import.meta.dir, "../..");

test("whatever the source records is in the list, and the list is what the documentation says", () => {
  const recorded = new Set<string>();
  for (const file of new Glob("src/**/*.ts").scanSync(root)) {
    const text = readFileSync(join(root, file), "utf8");
    if (text.includes("\n  recorded: false,")) continue; // a task that only looks
    const written = file.startsWith("src/tasks/")
      ? /(?:operation: |defineTask\(\{\n {2}kind: )"([a-z_]+)"/g
      : /(?:operation: |ROTATION = )"([a-z_]+)"/g;
    for (const [, name] of text.matchAll(written)) recorded.add(name ?? "");
  }
  expect(recorded.size).toBeGreaterThan(10);
  expect([...recorded].filter((name) => !OPERATIONS.some((known) => known === name))).toEqual([]);
  const documented = /^\| `operation` \| (.*) \|$/m.exec(
    readFileSync(join(root, "docs/audit-trail.md"), "utf8"),
  )?.[1];
  const names: string[] = documented?.match(/[a-z_]+/g) ?? [];
  expect(names.sort()).toEqual([...OPERATIONS].sort());
});

test("an operation of another program can be looked for; a slip of the hand gets what was meant", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  const trail = openTrail({
    file: join(cwd, ".contextcore/audit.jsonl"),
    home: join(cwd, ".contextcore-home"),
    project: "shop",
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  for (const operation of ["deploy", "exprot"]) await trail.append({ operation, outcome: "success" });
  await trail.close();
  const found = await run(["audit", "--operation", "deploy"], { cwd });
  expect(found.stdout).toMatch(/ deploy .*outcome=success\n$/);
  const slip = await run(["audit", "--operation", "exprot"], { cwd });
  expect([slip.exitCode, slip.stdout]).toEqual([2, ""]);
  expect(slip.stderr).toContain("did you mean export?");
  expect((await run(["audit", "--grep", "exprot"], { cwd })).stdout).toMatch(/ exprot /);
});
