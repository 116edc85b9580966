/** `destroy`: what each option would lose is said below it, and nothing unsaved goes without the stack's name. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatManifest, parseManifest } from "../../src/snapshot/format/manifest.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import { pushLine } from "../support/push-line.ts";
import {
  atTheMenu,
  eventsOf,
  isDestroyed,
  lastLine,
  snapshotsIn,
  startStacks,
  TOUCH,
  trailOf,
} from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab, lasting, stack } = await startStacks();

const DAY_MS = 86_400_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

async function save(cwd: string, ...args: string[]): Promise<void> {
  expect((await run(["export", ...args], { cwd })).exitCode).toBe(0);
}

/** The lines below an option of the menu. */
function below(text: string, option: 1 | 2 | 3): string[] {
  const lines = text
    .slice(text.indexOf("OPTIONS:"))
    .split("\n")
    .map((line) => line.trimEnd());
  const from = lines.findIndex((line) => line.includes(` ${option}. `)) + 1;
  return lines.slice(
    from,
    lines.findIndex((line, at) => at >= from && /^\S|^. \d\. |^ {2}\d\. /.test(line)),
  );
}

const TIMES = /\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d UTC$/;

/** The menu of a stack, left again without a choice. */
async function menuOf(cwd: string, columns?: number): Promise<string> {
  const session = await atTheMenu(cwd, columns);
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
  expect(isDestroyed(cwd)).toBe(false);
  return session.text();
}

describe("the line below an option", () => {
  test("names each backend that is lost, with how much and from when to when", async () => {
    const text = await menuOf(lasting());
    const loki = /^ {5}loses loki: at most \d+\.\d kB, /;
    expect(below(text, 1)).toEqual([
      "     loses what comes too late to be exported: it is shown, and asked about, before the command runs",
    ]);
    expect(below(text, 2)).toEqual([expect.stringMatching(loki)]);
    expect(below(text, 2)[0]).toMatch(TIMES);
    const [first, second] = below(text, 3);
    expect(first).toMatch(loki);
    expect(second).toMatch(/^ {5}loses grafana: 11 dashboards, 7 folders, .* and more, /);
  });

  test("says what is saved, and asks for no name then", async () => {
    const cwd = stack();
    await save(cwd, "--all");
    const session = await atTheMenu(cwd);
    for (const option of [2, 3] as const)
      expect(below(session.text(), option)).toEqual(["     loses nothing: snapshots hold it all"]);
    session.type("2");
    expect(await session.exited).toBe(0);
    expect(isDestroyed(cwd)).toBe(true);
    expect((await eventsOf(cwd)).at(-2).details).not.toHaveProperty("loses");
  });

  test("names only the part that no snapshot holds", async () => {
    const cwd = lasting();
    await save(cwd, "--plugin", "loki", "--from", ago(2 * DAY_MS), "--to", ago(DAY_MS / 2));
    const [line = ""] = below(await menuOf(cwd), 2);
    expect(line).toMatch(/^ {5}loses loki: about \d+\.\d kB, /);
    expect(line).toContain(
      `, ${ago(DAY_MS / 2)
        .slice(0, 13)
        .replace("T", " ")}`,
    );
  });

  test("fits a terminal of 80 columns, and of 60", async () => {
    const cwd = lasting();
    for (const columns of [80, 60]) {
      const text = await menuOf(cwd, columns);
      const lines = text.slice(text.indexOf("OPTIONS:")).split("\n");
      expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThan(columns);
    }
  });
});

test("a backend that cannot be asked is lost with option 1, too: the name is typed before anything runs", async () => {
  const cwd = lasting(undefined, { loki: "http://127.0.0.1:1" });
  const session = await atTheMenu(cwd);
  expect(below(session.text(), 1)[0]).toBe("     may lose loki: unreachable, so what it holds is not known");
  session.type("1");
  await session.waitFor("What no snapshot holds of loki will be lost. Type the stack's name (shop)");
  expect(snapshotsIn(cwd)).toEqual([]);
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
  expect([isDestroyed(cwd), snapshotsIn(cwd)]).toEqual([false, []]);
  expect(lastLine(session.text())).toBe("nothing was destroyed");
});

/** How a prompt is left, and what the program ends with. */
const LEAVING = [
  ["Ctrl-C", KEY.interrupt],
  ["Ctrl-D", KEY.endOfInput],
  ["Escape", KEY.escape],
] as const;

describe.each(LEAVING)("%s leaves", (_name, key) => {
  test("the menu", async () => {
    const cwd = stack();
    const session = await atTheMenu(cwd);
    session.type(key);
    expect(await session.exited).toBe(130);
    expect(lastLine(session.text())).toBe("nothing was destroyed");
    expect(await trailOf(cwd)).toEqual(['destroy reason="no option was chosen" outcome=cancelled']);
    expect([isDestroyed(cwd), snapshotsIn(cwd)]).toEqual([false, []]);
  });

  test.each(["2", "3"])("the name after option %s, also behind a wrong one", async (option) => {
    const cwd = stack();
    const session = await atTheMenu(cwd);
    session.type(option);
    await session.waitFor("Type the stack's name (shop)");
    session.type(`shoe${KEY.enter}`);
    await session.waitFor("Type shop to go on");
    session.type(key);
    expect(await session.exited).toBe(130);
    expect(lastLine(session.text())).toBe("nothing was destroyed");
    expect(await trailOf(cwd)).toEqual([
      `destroy option=${option} reason="the stack's name was not typed" wrong_names=1 outcome=cancelled`,
    ]);
    expect([isDestroyed(cwd), snapshotsIn(cwd)]).toEqual([false, []]);
  });

  test("the name after an export that is not complete", async () => {
    const cwd = stack();
    const session = await atTheMenu(cwd);
    lab.faults.loki.add({ kind: "status", status: 403 });
    session.type("1");
    await session.waitFor("Destroy the stack anyway?");
    session.type(key);
    expect(await session.exited).toBe(130);
    expect(lastLine(session.text())).toBe("nothing was destroyed");
    expect((await trailOf(cwd)).at(-1)).toBe(
      'destroy backup=incomplete reason="the export is not complete" outcome=cancelled',
    );
    expect(isDestroyed(cwd)).toBe(false);
  });
});

test("Enter alone is no name", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type("2");
  await session.waitFor("Type the stack's name (shop)");
  session.type(KEY.enter);
  expect(await session.exited).toBe(130);
  expect(lastLine(session.text())).toBe("nothing was destroyed");
  expect(isDestroyed(cwd)).toBe(false);
});

test("Ctrl-D while it saves answers no later question", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  lab.faults.loki.add({ kind: "status", status: 403 });
  session.type("1");
  await session.waitFor("exporting to backups");
  session.type(KEY.endOfInput);
  await session.waitFor("Destroy the stack anyway?");
  session.type(KEY.enter);
  expect(await session.exited).toBe(4);
  expect(lastLine(session.text())).toBe("nothing was destroyed");
  expect(isDestroyed(cwd)).toBe(false);
});

test("--option on a terminal skips the menu, and neither what is lost nor the name", async () => {
  const cwd = stack();
  const session = openSession(["destroy", "--option", "2"], { cwd });
  await session.waitFor("\nloses loki: at most ");
  await session.waitFor("Type the stack's name (shop)");
  expect(session.text()).not.toContain("OPTIONS:");
  session.type(`shop${KEY.enter}`);
  expect(await session.exited).toBe(0);
  expect(isDestroyed(cwd)).toBe(true);
});

test("in a script --confirm names the stack; what is lost is shown and recorded before it happens", async () => {
  const cwd = stack();
  const { stderr, exitCode } = await run(["destroy", "--option", "2", "--confirm", "shop"], { cwd });
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/\nloses loki: at most \d+\.\d kB, .*UTC\n/);
  expect((await eventsOf(cwd))[0]).toMatchObject({ outcome: "started", details: { loses: ["loki"] } });
});

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
