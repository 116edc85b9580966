/** What came in the last seconds before a stack is destroyed, and what `persistence check-destroy` says of it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatManifest, parseManifest } from "../../src/snapshot/format/manifest.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { KEY } from "../support/pseudo-terminal.ts";
import { pushLine } from "../support/push-line.ts";
import {
  ago,
  atTheMenu,
  below,
  eventsOf,
  isDestroyed,
  lastLine,
  save,
  snapshotsIn,
  startStacks,
  TOUCH,
} from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab } = await startStacks();

describe("what came in the last seconds", () => {
  /** A stack of a Loki with one line of an hour ago. */
  async function young() {
    const own = await startLab({ empty: true });
    await pushLine(own.urls.loki, Date.now() - 3_600_000);
    const cwd = labProject(own, { only: ["loki"], command: TOUCH });
    return { own, cwd, [Symbol.asyncDispose]: () => own.stop() };
  }

  const FRESH = /loses loki: what came in the last \d+s/;

  test("is shown after option 1's export, which cannot have it yet, and is not destroyed without the name", async () => {
    await using setting = await young();
    const { own, cwd } = setting;
    await pushLine(own.urls.loki, Date.now() - 2_000);
    const session = await atTheMenu(cwd);
    session.type("1");
    await session.waitFor("Destroy the stack anyway? Type its name (shop)");
    expect(session.text()).toMatch(FRESH);
    session.type(KEY.interrupt);
    expect(await session.exited).toBe(130);
    expect([isDestroyed(cwd), lastLine(session.text())]).toEqual([false, "nothing was destroyed"]);
    expect((await eventsOf(cwd)).at(-1)).toMatchObject({
      outcome: "cancelled",
      details: { backup: "yes", loses: ["loki"], reason: "what came after the export is not saved" },
    });
  });

  test("is shown and recorded in a script, whose --confirm is the name", async () => {
    await using setting = await young();
    const { own, cwd } = setting;
    await pushLine(own.urls.loki, Date.now() - 2_000);
    const { stderr } = await run(["destroy", "--option", "1", "--confirm", "shop"], { cwd });
    expect(stderr).toMatch(FRESH);
    expect(lastLine(stderr)).toEndWith(", without late data of loki");
    expect(isDestroyed(cwd)).toBe(true);
    expect((await eventsOf(cwd)).at(-1).details).toMatchObject({ backup: "yes", loses: ["loki"] });
  });

  test("is lost with options 2 and 3, though snapshots hold the rest: the name is typed, and check-destroy ends with 3", async () => {
    await using setting = await young();
    const { own, cwd } = setting;
    await save(cwd, "--all");
    await pushLine(own.urls.loki, Date.now());
    const session = await atTheMenu(cwd);
    for (const option of [2, 3] as const)
      expect(below(session.text(), option)).toEqual([expect.stringMatching(FRESH)]);
    session.type("2");
    await session.waitFor("What no snapshot holds of loki will be lost. Type the stack's name (shop)");
    session.type(KEY.interrupt);
    expect(await session.exited).toBe(130);
    const checked = await run(["persistence", "check-destroy"], { cwd });
    expect(checked.stdout).toContain("loki: only what has come in since the newest snapshot is unsaved");
    expect([checked.exitCode, lastLine(checked.stdout)]).toEqual([
      3,
      "a destroy would lose data of loki: contextcore export --all saves it",
    ]);
    await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
    expect((await eventsOf(cwd)).at(-2).details).toMatchObject({ option: 3, loses: ["loki"] });
  });

  test("stands beside what else is lost", async () => {
    await using setting = await young();
    const { own } = setting;
    const cwd = labProject(own, {
      only: ["loki", "tempo"],
      urls: { tempo: "http://127.0.0.1:1" },
      command: TOUCH,
    });
    await run(["export", "--all"], { cwd });
    await pushLine(own.urls.loki, Date.now());
    const { stderr } = await run(["destroy", "--option", "3"], { cwd });
    expect(stderr).toMatch(FRESH);
    expect(stderr).toContain("may lose tempo: unreachable, so what it holds is not known");
  });
});

describe("persistence check-destroy", () => {
  test("counts what may have changed since an older snapshot of dashboards", async () => {
    const cwd = labProject(lab, { only: ["grafana"] });
    await save(cwd, "--all");
    expect((await run(["persistence", "check-destroy"], { cwd })).exitCode).toBe(0);
    const [snapshot = ""] = snapshotsIn(cwd);
    const file = join(cwd, "backups", snapshot, "manifest.json");
    const created = ago(600_000);
    const kept = parseManifest(readFileSync(file, "utf8"), file);
    writeFileSync(file, formatManifest({ ...kept, created }).text);
    const { stdout, exitCode } = await run(["persistence", "check-destroy"], { cwd });
    expect(exitCode).toBe(3);
    const since = created.slice(0, 16).replace("T", " ");
    expect(stdout).toContain(`may lose grafana: it may have changed since ${since} UTC (newest snapshot)\n`);
    expect(lastLine(stdout)).toBe("a destroy may lose data of grafana: contextcore export --all saves it");
  });

  test("of a backend that does not answer advises no export", async () => {
    const cwd = labProject(lab, { only: ["loki"], urls: { loki: "http://127.0.0.1:1" } });
    const { stdout, exitCode } = await run(["persistence", "check-destroy"], { cwd });
    expect(exitCode).toBe(3);
    expect(stdout).toContain("may lose loki: unreachable");
    expect(stdout).not.toContain("export --all");
  });
});
