/** `destroy`: the menu driven through a pseudo-terminal, and the flags that stand in for it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { passOn } from "../support/front.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import {
  appears,
  atTheMenu,
  eventsOf,
  isDestroyed,
  snapshotsIn,
  startStacks,
  TOUCH,
  trailOf,
} from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab, lasting, stack, serve } = await startStacks();

test("1: exports everything, destroys, and records both", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type("1");
  expect(await session.exited).toBe(0);
  expect(session.text().replace(/\n +/g, " ")).toContain(
    "the stack shop is destroyed: no server answers any more that did before (loki and grafana); its data is in backups/",
  );
  expect([isDestroyed(cwd), snapshotsIn(cwd).length]).toEqual([true, 1]);
  const events = await trailOf(cwd);
  expect(events[0]).toBe('destroy command="touch destroyed" option=1 outcome=started');
  expect(events[1]).toBe("export outcome=started");
  expect(events[2]).toMatch(/^export bytes=\d+ outcome=success$/);
  expect(events[3]).toBe("destroy backup=yes outcome=success");
});

test("2: the arrows and Enter work too; only dashboards are exported", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type(KEY.down);
  await session.waitFor("❯ 2.");
  session.type(KEY.enter);
  await session.waitFor("Type the stack's name (shop)");
  session.type(`shop${KEY.enter}`);
  expect(await session.exited).toBe(0);
  const [snapshot = ""] = snapshotsIn(cwd);
  const files = readdirSync(join(cwd, "backups", snapshot));
  expect(files.sort()).toEqual(["blocks.jsonl", "grafana", "manifest.json"]);
  expect((await trailOf(cwd)).at(-1)).toBe("destroy backup=dashboards outcome=success");
  expect(isDestroyed(cwd)).toBe(true);
});

test("3: nothing happens until the stack's name is typed", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type("3");
  await session.waitFor("Type the stack's name (shop)");
  session.type(`sho${KEY.enter}`);
  await session.waitFor("Type shop to go on");
  expect(isDestroyed(cwd)).toBe(false);
  session.type(`p${KEY.enter}`);
  expect(await session.exited).toBe(0);
  expect([isDestroyed(cwd), snapshotsIn(cwd)]).toEqual([true, []]);
  expect((await trailOf(cwd)).at(-1)).toBe("destroy backup=no outcome=success");
});

test.each([
  ["Ctrl-C", KEY.interrupt],
  ["Escape", KEY.escape],
])("%s at the menu destroys nothing, and that is recorded", async (_name, key) => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type(key);
  expect(await session.exited).toBe(130);
  expect(session.text()).toContain("nothing was destroyed");
  expect([isDestroyed(cwd), snapshotsIn(cwd)]).toEqual([false, []]);
  expect(await trailOf(cwd)).toEqual(['destroy reason="no option was chosen" outcome=cancelled']);
});

test("Ctrl-C at the name destroys nothing", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type("3");
  await session.waitFor("Type the stack's name (shop)");
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
  expect(isDestroyed(cwd)).toBe(false);
  expect(await trailOf(cwd)).toEqual([
    `destroy option=3 reason="the stack's name was not typed" outcome=cancelled`,
  ]);
});

test("a wrong name and then Ctrl-C: what happened is recorded", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  session.type("3");
  await session.waitFor("Type the stack's name (shop)");
  session.type(`shoe${KEY.enter}`);
  await session.waitFor("Type shop to go on");
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
  expect(isDestroyed(cwd)).toBe(false);
  expect((await trailOf(cwd)).at(-1)).toBe(
    `destroy option=3 reason="the stack's name was not typed" wrong_names=1 outcome=cancelled`,
  );
});

test("after an export that is not complete it asks again, and Enter means no", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  lab.faults.loki.add({ kind: "status", status: 403 });
  session.type("1");
  await session.waitFor("missing: loki: failed:");
  await session.waitFor("Destroy the stack anyway?");
  session.type(KEY.enter);
  expect(await session.exited).toBe(4);
  expect(isDestroyed(cwd)).toBe(false);
  expect((await trailOf(cwd)).at(-1)).toBe(
    'destroy backup=incomplete reason="the export is not complete" outcome=cancelled',
  );
});

test("keys typed before a question are no answer to it", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  lab.faults.loki.add({ kind: "status", status: 403 });
  session.type("1");
  await session.waitFor("exporting to backups");
  session.type(`yyy${KEY.enter}y`);
  await session.waitFor("Destroy the stack anyway?");
  session.type(KEY.enter);
  expect(await session.exited).toBe(4);
  expect(isDestroyed(cwd)).toBe(false);
});

test("after an export that is not complete only the stack's name destroys", async () => {
  const cwd = stack();
  const session = await atTheMenu(cwd);
  lab.faults.loki.add({ kind: "status", status: 403 });
  session.type("1");
  await session.waitFor("Destroy the stack anyway? Type its name (shop)");
  session.type(`y${KEY.enter}`);
  await session.waitFor("Type shop to go on");
  expect(isDestroyed(cwd)).toBe(false);
  session.type(`${KEY.erase}shop${KEY.enter}`);
  expect(await session.exited).toBe(0);
  expect(isDestroyed(cwd)).toBe(true);
  expect((await trailOf(cwd)).at(-1)).toBe("destroy backup=incomplete outcome=success");
});

/** Without a terminal: the flags, what is said last, the exit code, and whether the stack is gone. */
const WITHOUT: readonly (readonly [string, string, number, boolean])[] = [
  ["", "error: it was not said which data to save first", 4, false],
  ["--option 1", "error: the destruction was not confirmed", 4, false],
  ["--option 3 --confirm other", "error: --confirm other is not this stack's name", 4, false],
  ["--confirm shop", "error: it was not said which data to save first", 4, false],
  ["--option 3 --confirm shop", "the stack shop is destroyed", 0, true],
  [
    "--option 2 --confirm shop",
    "(loki and grafana); its dashboards, and nothing else, are in backups/",
    0,
    true,
  ],
];

test.each(WITHOUT)("without a terminal: destroy %s", async (flags, said, code, gone) => {
  const cwd = stack();
  const { stderr, exitCode } = await run(["destroy", ...flags.split(" ").filter(Boolean)], { cwd });
  expect(stderr).toContain(said);
  expect({ exitCode, gone: isDestroyed(cwd) }).toEqual({ exitCode: code, gone });
  expect((await trailOf(cwd)).at(-1)).toEndWith(gone ? "outcome=success" : "outcome=refused");
});

test("without a terminal an export that is not complete refuses the destruction", async () => {
  const cwd = stack();
  lab.faults.loki.add({ kind: "status", status: 403 });
  const { stderr, exitCode } = await run(["destroy", "--option", "1", "--confirm", "shop"], { cwd });
  expect({ exitCode, gone: isDestroyed(cwd) }).toEqual({ exitCode: 4, gone: false });
  expect(stderr.trimEnd().split("\n").at(-1)).toBe("nothing was destroyed");
});

test("a command that is not there is found out before anything else", async () => {
  const cwd = labProject(lab, { only: ["loki", "grafana"] });
  const env = { CONTEXTCORE_DESTROY_COMMAND: "no-such-program,down" };
  const args = ["destroy", "--option", "1", "--confirm", "shop"];
  const { stdout, stderr, exitCode } = await run(args, { cwd, env });
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toStartWith(
    "error: the destroy command cannot run: no-such-program is not on the PATH\nhint: set destroy.command",
  );
  expect(readdirSync(cwd)).toEqual(["contextcore.yaml"]);
});

test("a command that fails is a failure, recorded with its exit code", async () => {
  const cwd = stack(["sh", "-c", "echo no such volume >&2; exit 7"]);
  const { stderr, exitCode } = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no such volume\nerror: sh ended with exit code 7\n");
  expect((await trailOf(cwd)).at(-1)).toBe("destroy backup=no exit_code=7 outcome=failed");
});

test("a command that ends with 0 and removes nothing: which servers still answer is said and recorded", async () => {
  const cwd = lasting(["sh", "-c", "echo bye"]);
  const { stderr, exitCode } = await run(["destroy", "--option", "2", "--confirm", "shop"], { cwd });
  expect(exitCode).toBe(3);
  expect(stderr).not.toContain("is destroyed");
  expect(stderr).toContain(
    `warning: sh ended with exit code 0, but loki and grafana still answer at ${lab.urls.loki} and ${lab.urls.grafana}: the command did not remove them; its dashboards`,
  );
  expect((await eventsOf(cwd)).at(-1)).toMatchObject({
    outcome: "partial",
    details: { backup: "dashboards", exit_code: 0, still_answering: ["loki", "grafana"] },
  });
});

test("a proxy's 503 is no answer of the server behind it", async () => {
  const cwd = lasting(TOUCH, { loki: String(gateway().url) });
  const { stderr, exitCode } = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`but grafana still answers at ${lab.urls.grafana}: the command did not remove it`);
});

/** Passes on what Loki says until it was asked for nothing but whether it is there. */
const gateway = () =>
  serve((request) =>
    new URL(request.url).pathname === "/"
      ? new Response("nobody is behind this", { status: 503 })
      : passOn(lab.urls.loki, request),
  );

test("servers that answered neither before nor after: nothing is claimed", async () => {
  const [loki, grafana] = ["http://127.0.0.1:1", "http://127.0.0.1:2"];
  const cwd = lasting(TOUCH, { loki, grafana });
  const { stderr, exitCode } = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain("is destroyed");
  expect(stderr).toContain("no server answered before it either, so nothing is known of what it removed");
});

test("dashboards that no backend has cannot be saved first: nothing is destroyed, and that is recorded", async () => {
  const cwd = labProject(lab, { only: ["loki"], command: TOUCH });
  const { stderr, exitCode } = await run(["destroy", "--option", "2", "--confirm", "shop"], { cwd });
  expect({ exitCode, gone: isDestroyed(cwd) }).toEqual({ exitCode: 2, gone: false });
  expect(stderr).toEndWith(
    "error: no backend holds dashboards\nhint: --option 1 exports everything first, --option 3 exports nothing\n",
  );
  expect((await trailOf(cwd)).at(-1)).toBe('destroy error="no backend holds dashboards" outcome=failed');
});

test("no shell reads the command", async () => {
  const cwd = lasting(["touch", "a; touch b", "$HOME"]);
  expect((await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd })).exitCode).toBe(3);
  expect(readdirSync(cwd)).toEqual(expect.arrayContaining(["a; touch b", "$HOME"]));
  expect(existsSync(join(cwd, "b"))).toBe(false);
});

test("SIGTERM reaches the command, and the end is recorded", async () => {
  const script =
    'trap "echo told >told; trap - TERM; kill -TERM $$" TERM; echo up >up; while :; do sleep 0.05; done';
  const cwd = stack(["sh", "-c", script]);
  const session = openSession(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
  await session.waitFor("$ sh -c");
  await appears(cwd, "up");
  session.kill("SIGTERM");
  expect(await session.exited).toBe(130);
  expect(existsSync(join(cwd, "told"))).toBe(true);
  expect((await trailOf(cwd)).at(-1)).toContain("outcome=cancelled");
});

test("without a durable record nothing is destroyed", async () => {
  const cwd = labProject(lab, { only: ["loki", "grafana"] });
  await Bun.write(join(cwd, ".contextcore"), "a file where the trail's directory should be");
  const env = { CONTEXTCORE_DESTROY_COMMAND: TOUCH.join(",") };
  const { stderr, exitCode } = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd, env });
  expect({ exitCode, gone: isDestroyed(cwd) }).toEqual({ exitCode: 4, gone: false });
  expect(stderr).toMatch(/error: cannot .*\.contextcore/);
});
