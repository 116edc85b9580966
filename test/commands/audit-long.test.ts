/** The audit listing for a person: what the times are, and what `audit show` takes. Scripts match the lines as they are. */
import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { openTrail } from "../../src/audit/trail.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { openSession } from "../support/pseudo-terminal.ts";

const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
let ids: string[] = [];
beforeAll(async () => {
  const trail = openTrail({
    file: join(cwd, ".contextcore/audit.jsonl"),
    home: join(cwd, ".contextcore"),
    project: "shop",
    identity: { user: "ada", host: "build-7" },
    clock: () => Date.parse("2026-01-24T14:30:00Z"),
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  await trail.append({ operation: "export", outcome: "success", details: { bytes: 9 } });
  await trail.append({ operation: "destroy", outcome: "refused" });
  await trail.close();
  ids = eventsIn((await run(["audit", "--json"], { cwd })).stdout).map(({ id }) => id);
});

const EXPORT = "2026-01-24 14:30:00  export  ada@build-7  bytes=9  outcome=success";
const DESTROY = "2026-01-24 14:30:00  destroy  ada@build-7  outcome=refused";

test("the line keeps its shape in a pipe, and --long puts number and id in front of it", async () => {
  expect((await run(["audit"], { cwd })).stdout).toBe(`${EXPORT}\n${DESTROY}\n`);
  expect((await run(["audit", "--long"], { cwd })).stdout).toBe(
    `1  ${ids[0]}  ${EXPORT}\n2  ${ids[1]}  ${DESTROY}\n`,
  );
});

test.each([
  ["with colours", {}],
  ["without", { NO_COLOR: "1" }],
])("on a terminal %s the zone is said once, above the lines", async (_name, env) => {
  const session = openSession(["audit", "--long"], { cwd, env });
  expect(await session.exited).toBe(0);
  const [zone, ...lines] = session.text().trimEnd().split("\n");
  expect(zone).toBe("times are UTC");
  expect(lines.map((line) => line.trim().split(/ {2,}/).slice(0, 3))).toEqual([
    ["1", ids[0] ?? "", "2026-01-24 14:30:00"],
    ["2", ids[1] ?? "", "2026-01-24 14:30:00"],
  ]);
  const none = openSession(["audit", "--operation", "restore"], { cwd, env });
  await none.exited;
  expect(none.text()).toBe("the trail has no such event yet\n");
});

test("what --long shows is what show takes and what the shell offers", async () => {
  for (const named of [ids[1] ?? "", "2"]) {
    const { stdout } = await run(["audit", "show", named], { cwd });
    expect(stdout).toContain("operation destroy");
  }
  const { stdout } = await run(["completions", "fish", "--", "audit", "show", ""], { cwd });
  const offered = stdout.trimEnd().split("\n");
  expect(offered).toEqual([
    `${ids[1]}\t2026-01-24 14:30 UTC, destroy refused, number 2`,
    `${ids[0]}\t2026-01-24 14:30 UTC, export success, number 1`,
    "2\t2026-01-24 14:30 UTC, destroy refused",
    "1\t2026-01-24 14:30 UTC, export success",
  ]);
  const { stderr } = await run(["audit", "show", "zzz"], { cwd });
  expect(stderr).toContain("`contextcore audit --long` shows numbers and ids");
});
