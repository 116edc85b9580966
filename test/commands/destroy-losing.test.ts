/** `destroy`: what each option would lose is said below it, and nothing unsaved goes without the stack's name. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { run } from "../support/binary.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import {
  ago,
  atTheMenu,
  below,
  DAY_MS,
  eventsOf,
  isDestroyed,
  lastLine,
  save,
  snapshotsIn,
  startStacks,
  trailOf,
} from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab, lasting, stack } = await startStacks();

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
