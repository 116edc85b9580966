/** A server that answers nonsense, refuses, or does not answer: the others are exported, and it is said why one is missing. */
import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { FaultOptions } from "../../src/conformance/faults.ts";
import type { Missing } from "../../src/inventory/survey.ts";
import { EXPORT } from "../../src/results/export.ts";
import { INVENTORY } from "../../src/results/inventory.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());
afterEach(() => lab.faults.loki.clear());

const stack = () => labProject(lab, { only: ["loki", "grafana"] });

const FAULTS: readonly (readonly [string, FaultOptions, RegExp, Missing["state"]])[] = [
  ["HTML instead of JSON", { kind: "page" }, /HTML|not JSON|web page/i, "unexpected"],
  ["an empty body", { kind: "empty" }, /empty|JSON/i, "unexpected"],
  ["half a body", { kind: "half" }, /cut|JSON|half|ended/i, "unexpected"],
  ["401", { kind: "status", status: 401 }, /401/, "refused"],
  ["403", { kind: "status", status: 403 }, /403/, "refused"],
  ["404", { kind: "status", status: 404 }, /404/, "unexpected"],
  ["429 for ever", { kind: "status", status: 429 }, /429/, "overloaded"],
  ["500", { kind: "status", status: 500 }, /500/, "failing"],
  ["a cut connection", { kind: "cut" }, /got no answer/, "unreachable"],
  ["nothing at all", { kind: "hang" }, /did not answer within 1 s/, "unreachable"],
];

test.each(FAULTS)("inventory and %s: listed, with the reason, exit 3", async (_name, fault, why, state) => {
  lab.faults.loki.add(fault);
  const args = ["inventory", "--json", "--timeout", "1s"];
  const { stdout, exitCode } = await run(args, { cwd: stack() });
  const { backends } = parsedAs(INVENTORY, stdout);
  const loki = backends.find(({ backend }) => backend === "loki");
  expect({ exitCode, state: loki?.state }).toEqual({ exitCode: 3, state });
  expect(loki?.reason).toMatch(why);
  expect(backends.find(({ backend }) => backend === "grafana")?.state).toBe("reached");
});

test.each(FAULTS.filter(([name]) => name !== "nothing at all"))(
  "export and %s: the others are complete, exit 3",
  async (_name, fault, why) => {
    lab.faults.loki.add(fault);
    const { stdout, exitCode } = await run(["export", "--json", "-t", "1h"], { cwd: stack() });
    const { status, backends } = parsedAs(EXPORT, stdout);
    expect({ exitCode, status }).toEqual({ exitCode: 3, status: "partial" });
    expect(backends.map((one) => `${one.backend} ${one.status}`).sort()).toEqual([
      "grafana complete",
      "loki failed",
    ]);
    expect(backends.find(({ backend }) => backend === "loki")?.problems[0]?.reason).toMatch(why);
  },
);

test.each([
  [
    "404",
    { kind: "status", status: 404 },
    "answers, but not as loki does",
    "Is backends.loki.url this server",
  ],
  ["429", { kind: "status", status: 429 }, "overloaded", "export.concurrency"],
  ["500", { kind: "status", status: 500 }, "answers, but fails", "look at its log"],
  ["half a body", { kind: "half" }, "answers, but not as loki does", "not a proxy, a login page"],
] as const)("inventory and doctor say what %s is, and what to do", async (_name, fault, said, advice) => {
  lab.faults.loki.add(fault);
  const cwd = stack();
  const inventory = await run(["inventory", "--timeout", "2s"], { cwd });
  expect(inventory.stdout).toMatch(new RegExp(`^loki +${said}$`, "m"));
  expect(inventory.stderr).toContain(advice);
  const { stdout } = await run(["doctor", "--timeout", "2s"], { cwd });
  expect(stdout).toMatch(new RegExp(`problem +loki +${said}: `));
  expect(stdout).toContain(advice);
});

test("a server that says no only now and then is asked again", async () => {
  for (const path of ["/config", "query_range"]) {
    lab.faults.loki.add({ kind: "status", status: 429, retryAfter: 0, times: 2, path });
  }
  const { stdout, exitCode } = await run(["export", "--json", "--plugin", "loki"], { cwd: stack() });
  const { status, backends } = parsedAs(EXPORT, stdout);
  expect({ exitCode, status }).toEqual({ exitCode: 0, status: "complete" });
  expect(lab.faults.loki.struck).toBe(4);
  expect(backends[0]?.counts.entries).toBeGreaterThan(1000);
});
