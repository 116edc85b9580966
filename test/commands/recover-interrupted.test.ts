/** A recovery that is killed, or told to stop, goes on where it was. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { openSession } from "../support/pseudo-terminal.ts";
import { afterLoss, inside, json, machine, rowsOf, saved, treeOf } from "./machine.ts";

setDefaultTimeout(120_000);

const progressOf = (cwd: string): string => {
  const parent = join(cwd, "backups", "recoveries");
  const [name] = existsSync(parent) ? readdirSync(parent) : [];
  const file = join(parent, name ?? "", "progress.jsonl");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};

test("killed with -9 in any step, and resumed: the same data, and no finished step is run again", async () => {
  const { cwd: lost, place, key } = await afterLoss(3_000);
  const steps = [
    "run: [sh, -c, 'echo one >> log; sleep 0.2']",
    "restore: [etc]",
    "restore: [worm]",
    "run: [sh, -c, 'echo two >> log; sleep 0.2']",
  ];
  const seen = new Set<number>();
  for (let round = 0; round < 6; round += 1) {
    const { cwd } = machine({ place, steps });
    const child = Bun.spawn([binary, "recover", "--from", "offsite", "--key", key, "--yes"], {
      cwd,
      env: cleanEnv(cwd),
      stdio: ["ignore", "ignore", "ignore"],
    });
    while (child.exitCode === null && progressOf(cwd).split("\n").length < 2 + round) await Bun.sleep(1);
    child.kill("SIGKILL");
    await child.exited;
    const done = progressOf(cwd)
      .split("\n")
      .filter((line) => line.includes('"done"')).length;
    seen.add(done);
    const resumed = await json(cwd, "recover", "--resume", "--key", key, "--yes");
    expect([round, resumed.exitCode, resumed.printed?.status], resumed.stderr).toEqual([
      round,
      0,
      "complete",
    ]);
    expect(rowsOf(cwd)).toEqual(rowsOf(lost));
    expect(treeOf(join(cwd, "etc"))).toEqual(treeOf(join(lost, "etc")));
    const log = readFileSync(join(cwd, "log"), "utf8").split("\n");
    if (done >= 1) expect(log.filter((line) => line === "one")).toHaveLength(1);
  }
  expect(seen.size).toBeGreaterThan(2);
});

test("Ctrl-C in a command ends it, and says how to go on", async () => {
  const { place, key } = await afterLoss();
  const { cwd } = machine({
    place,
    steps: ["run: [sh, -c, 'test -e again || { echo waiting; exec sleep 600; }']", 'restore: "*"'],
  });
  const session = openSession(["recover", "--from", "offsite", "--key", key], { cwd, columns: 200 });
  await session.waitFor("Recover 2 backends, and run 1 command?");
  session.type("y");
  await session.waitFor("| waiting");
  session.type("\u0003");
  expect(await session.exited).toBe(130);
  expect(session.text()).toContain("contextcore recover --resume goes on");
  writeFileSync(join(cwd, "again"), "");
  expect((await inside(cwd, "recover", "--resume", "--key", key, "--yes")).exitCode).toBe(0);
  expect(rowsOf(cwd)).toHaveLength(100);
});

const lokiAlone = (url: string): string =>
  `${["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("")}  loki: { url: "${url}" }\n`;

test("killed in the middle of a restore, it goes on where that was: nothing twice, everything counted", async () => {
  const [full, empty] = await Promise.all([startLab(), startLab({ empty: true })]);
  const lost = machine({ backends: lokiAlone(full.urls.loki) });
  const key = await saved(lost.cwd);
  const steps = ["run: [sh, -c, 'echo once >> log']", 'restore: "*"'];
  const found = machine({ backends: lokiAlone(empty.urls.loki), place: lost.place, steps });
  // One push at a time, and each takes so long that some are left to do when it is killed.
  empty.faults.loki.add({ path: "/loki/api/v1/push", kind: "latency", ms: 300 });
  const child = Bun.spawn([binary, "recover", "--from", "offsite", "--key", key, "--yes"], {
    cwd: found.cwd,
    env: { ...cleanEnv(found.cwd), CONTEXTCORE_EXPORT_CONCURRENCY: "1" },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const restores = join(found.cwd, "backups", "restores");
  const written = (): number => {
    const [name = ""] = existsSync(restores) ? readdirSync(restores) : [];
    const file = join(restores, name, "progress.jsonl");
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
  };
  while (child.exitCode === null && written() < 1) await Bun.sleep(5);
  child.kill("SIGKILL");
  await child.exited;
  empty.faults.loki.clear();
  const resumed = await json(found.cwd, "recover", "--resume", "--key", key, "--yes");
  expect([resumed.exitCode, resumed.printed?.status], resumed.stderr).toEqual([0, "complete"]);
  expect(readdirSync(restores)).toHaveLength(1);
  const [one] = resumed.printed.backends;
  expect([one.server, one.units]).toEqual([
    one.saved,
    [{ unit: "entries", how: "counted", verdict: "same" }],
  ]);
  expect(one.saved.entries).toBeGreaterThan(1_000);
  expect(readFileSync(join(found.cwd, "log"), "utf8")).toBe("once\n");
  await Promise.all([full.stop(), empty.stop()]);
});

test("a server that does not come up is waited for as long as the step says, and then named; once it answers, --resume goes on", async () => {
  const full = await startLab();
  const lost = machine({ backends: lokiAlone(full.urls.loki) });
  const key = await saved(lost.cwd);
  const down = await startLab({ empty: true });
  const port = Number(new URL(down.urls.loki).port);
  await down.stop();
  const steps = ["{ wait: [loki], timeout: 2s }", 'restore: "*"'];
  const { cwd } = machine({ backends: lokiAlone(down.urls.loki), place: lost.place, steps });
  const stopped = await json(cwd, "recover", "--from", "offsite", "--key", key, "--yes");
  expect([stopped.exitCode, stopped.printed.steps[0].state]).toEqual([1, "failed"]);
  expect(stopped.printed.steps[0].reason).toMatch(/^loki does not answer: .*; it was waited for 2s/);
  const up = await startLab({ empty: true, ports: { loki: port } });
  const resumed = await json(cwd, "recover", "--resume", "--key", key, "--yes");
  expect([resumed.exitCode, resumed.printed?.status], resumed.stderr).toEqual([0, "complete"]);
  await Promise.all([full.stop(), up.stop()]);
});
