/** Sinks that fail, hang, answer slowly, redirect or close, as a user meets them: told, waited for no longer than allowed, caught up later. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Behaviour, startReceiver } from "../audit/receiver.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const LIMIT_MS = 700;

/** A project without backends and with these sinks. */
function project(sinks: string): { cwd: string; audit: (...args: string[]) => ReturnType<typeof run> } {
  const backends = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${backends.join("")}sinks:\n${sinks}`,
  });
  return { cwd, audit: (...args) => run(["audit", ...args], { cwd }) };
}

function linesOf(cwd: string, name = ".contextcore/audit.jsonl"): string[] {
  const path = join(cwd, name);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

test.each<[Behaviour, RegExp]>([
  ["fail", /answered 503: out of order/],
  ["hang", /no answer within 0\.7 s|took longer than/],
  ["slow", /no answer within 0\.1 s|took longer than/],
  ["redirect", /answered 302/],
  ["close", /webhook at http/],
  ["unauthorised", /answered 401/],
])("a receiver that is to %s", async (behaviour, why) => {
  await using receiver = await startReceiver(behaviour);
  const limit = behaviour === "slow" ? 100 : LIMIT_MS;
  const { cwd, audit } = project(`  webhook: { url: "${receiver.url}/hook", timeout: ${limit}ms }\n`);

  const tested = await audit("sinks", "test");
  expect([tested.exitCode, tested.stderr]).toEqual([1, ""]);
  expect(tested.stdout).toStartWith("webhook: not ready: ");
  expect(tested.stdout).toMatch(why);

  const exported = await audit("export", "-n", "1");
  expect(exported.exitCode).toBe(0); // the sink is told of, and stops nothing
  expect(exported.stderr).toMatch(/sink webhook: 3 events wait for a later command/);
  expect(exported.stderr).toMatch(why);
  const listed = await audit("sinks");
  expect(listed.exitCode).toBe(3);
  expect(listed.stdout).toMatch(/webhook {2}failing {2}0\.[17] s {2}0 delivered, 3 waiting/);
  expect(listed.stdout).toMatch(why);

  receiver.received.length = 0;
  receiver.behaviour = "accept";
  expect((await audit("sinks", "test")).stdout).toBe("webhook: ready\n");
  expect((await audit("sinks", "deliver")).exitCode).toBe(0);
  const bodies = receiver.received.map(({ body }) => body).filter((body) => body !== "");
  expect([...new Set(bodies)].slice(-3)).toEqual(linesOf(cwd));
  const { sinks } = JSON.parse((await audit("sinks", "--json")).stdout);
  expect(sinks[0]).toMatchObject({ waiting: 0, delivered: 3, timeLimitSeconds: limit / 1000 });
});

test("a receiver that is slow, but within its limit, gets everything", async () => {
  await using receiver = await startReceiver("slow");
  const { cwd, audit } = project(`  webhook: { url: "${receiver.url}", timeout: 20s }\n`);
  expect((await audit("sinks", "test")).stdout).toBe("webhook: ready\n");
  receiver.received.length = 0;
  expect((await audit("export", "--all")).stderr).toBe("");
  expect(receiver.received.map(({ body }) => body)).toEqual(linesOf(cwd));
});

test("one that hangs delays a command by its own limit, and no other sink", async () => {
  await using receiver = await startReceiver("hang");
  const { cwd, audit } = project(
    `  webhook: { url: "${receiver.url}", timeout: 3s }\n  file: { path: copy.jsonl, timeout: 2500ms }\n`,
  );
  const before = performance.now();
  const running = audit("export", "-n", "1");
  const copied = () => linesOf(cwd, "copy.jsonl");
  while (copied().length < 2) await Bun.sleep(5);
  const fileTook = performance.now() - before;
  await running;
  const took = performance.now() - before;
  expect(took).toBeGreaterThan(2_900);
  expect(took).toBeLessThan(6_500);
  expect(fileTook).toBeLessThan(took - 1_000);
  expect(copied()).toEqual(linesOf(cwd));
});

test("the limit is recorded with the sinks; what is no duration is a mistake with its line", async () => {
  const { cwd, audit } = project("  file: { path: copy.jsonl, timeout: 2s }\n");
  await audit("export", "-n", "1");
  await run(["audit", "export", "-n", "1", "--set", "sinks.file.timeout=4s"], { cwd });
  const changes = eventsIn((await audit("--json", "--operation", "sink_change")).stdout);
  expect(changes).toMatchObject([
    { details: { added: ["file"], sinks: { file: { time_limit_ms: 2_000 } } } },
    { details: { changed: ["file"], sinks: { file: { time_limit_ms: 4_000 } } } },
  ]);
  for (const wrong of ["soon", "0s", "5"]) {
    const { exitCode, stderr } = await project(`  file: { path: copy.jsonl, timeout: ${wrong} }\n`).audit(
      "sinks",
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("sinks.file.timeout: not a duration above zero");
    expect(stderr).toContain("contextcore.yaml:8");
  }
});

test("the lab's Loki keeps the events, and bears witness when trail, home and receipts are cut", async () => {
  const lab = await startLab();
  try {
    const cwd = labProject(lab, { only: ["loki"], more: "sinks:\n  loki: { timeout: 20s }\n" });
    const audit = (...args: string[]) => run(["audit", ...args], { cwd });
    expect((await audit("sinks", "test")).stdout).toBe("loki: ready\n");
    for (let round = 0; round < 3; round += 1) expect((await audit("export", "--all")).exitCode).toBe(0);
    const told = await audit("verify");
    expect([told.stderr, told.exitCode]).toEqual(["", 0]);
    expect(told.stdout).toContain("loki: agrees, up to event 7");

    const lines = linesOf(cwd);
    writeFileSync(join(cwd, ".contextcore/audit.jsonl"), `${lines.slice(0, 4).join("\n")}\n`);
    rmSync(join(cwd, ".contextcore/sinks"), { recursive: true });
    rmSync(join(cwd, ".contextcore/trails"), { recursive: true }); // HOME is the project's directory here
    const cut = await audit("verify");
    expect(cut.exitCode).toBe(5);
    expect(cut.stderr).toContain(
      "wrong: loki: after event 4 it has 3 more that are not in the trail: its end was cut off or replaced\n",
    );
  } finally {
    await lab.stop();
  }
});
