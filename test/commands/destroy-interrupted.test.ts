/** A destroy that is stopped in each of its phases: the event, the exit code and the last line say what happened. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { passOn } from "../support/front.ts";
import { KEY, openSession, type Session } from "../support/pseudo-terminal.ts";
import { appears, atTheMenu, eventsOf, isDestroyed, lastLine, startStacks, TOUCH } from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab, lasting, stack, serve } = await startStacks();

/** In which ways it is stopped. */
const STOPPING: readonly (readonly [string, (session: Session) => void])[] = [
  ["SIGINT", (session) => session.kill("SIGINT")],
  ["SIGTERM", (session) => session.kill("SIGTERM")],
  ["Ctrl-C", (session) => session.type(KEY.interrupt)],
];

/** Without the menu, on a terminal. */
const begin = (cwd: string, option: 1 | 3): Session =>
  openSession(["destroy", "--option", `${option}`, "--confirm", "shop"], { cwd });

/** The last line with the ends of lines of a terminal taken out. */
const said = (session: Session): string => lastLine(session.text().replace(/\n {2}(?=\S)/g, " "));

describe.each(STOPPING)("%s", (_name, stop) => {
  test("while the servers are asked what they hold: nothing was destroyed, and nothing began", async () => {
    const cwd = stack();
    lab.faults.loki.add({ kind: "hang" });
    const session = begin(cwd, 3);
    await session.waitFor("asking loki");
    stop(session);
    expect(await session.exited).toBe(130);
    expect(said(session)).toBe("nothing was destroyed");
    expect([isDestroyed(cwd), await eventsOf(cwd)]).toEqual([false, []]);
  });

  test("while it saves: nothing was destroyed", async () => {
    const cwd = stack();
    lab.faults.loki.add({ kind: "hang", path: "query_range", after: 6 });
    const session = begin(cwd, 1);
    await session.waitFor("exporting to backups");
    stop(session);
    expect(await session.exited).toBe(130);
    expect(session.text()).toContain("contextcore export --resume");
    expect(said(session)).toBe("nothing was destroyed");
    expect(isDestroyed(cwd)).toBe(false);
    const [started, ended, ...more] = await eventsOf(cwd);
    expect([started.outcome, ended.outcome, more]).toEqual(["started", "cancelled", []]);
  });

  test("while the command runs: it is told, and how it ended is recorded", async () => {
    const cwd = stack(["sh", "-c", 'trap "exit 9" TERM INT; echo up >up; while :; do sleep 0.05; done']);
    const session = begin(cwd, 3);
    await appears(cwd, "up");
    stop(session);
    expect(await session.exited).toBe(130);
    expect(said(session)).toBe(
      "sh was told to stop and ended with exit code 9; what it removed is not known: contextcore inventory shows what is left of the stack",
    );
    expect((await eventsOf(cwd)).at(-1)).toMatchObject({ outcome: "cancelled", details: { exit_code: 9 } });
  });

  test("while the command runs, which ends well all the same: that it did is recorded, and who was not asked", async () => {
    const cwd = stack(["sh", "-c", 'trap "exit 0" TERM INT; echo up >up; while :; do sleep 0.05; done']);
    const session = begin(cwd, 3);
    await appears(cwd, "up");
    stop(session);
    expect(await session.exited).toBe(130);
    expect(said(session)).toStartWith("sh ended with exit code 0; interrupted before it was known whether");
    expect((await eventsOf(cwd)).at(-1)).toMatchObject({
      outcome: "partial",
      details: { exit_code: 0, not_asked: ["loki", "grafana"] },
    });
  });

  test("while the servers are asked again: what was done is recorded as done, and what nobody knows is said", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const cwd = lasting(TOUCH, { loki: silentAtTheEnd(resolve) });
    const session = begin(cwd, 3);
    await asked;
    stop(session);
    expect(await session.exited).toBe(130);
    expect(said(session)).toBe(
      "touch ended with exit code 0; interrupted before it was known whether loki and grafana still answer: contextcore inventory asks them",
    );
    const [started, ended, ...more] = await eventsOf(cwd);
    expect([started.outcome, more]).toEqual(["started", []]);
    expect(ended).toMatchObject({
      outcome: "partial",
      details: { backup: "no", exit_code: 0, not_asked: ["loki", "grafana"] },
      ref: started.id,
    });
  });

  test("while a sink is told: the stack is destroyed", async () => {
    const { promise: told, resolve } = Promise.withResolvers<void>();
    const cwd = stack(TOUCH, `sinks:\n  webhook: { url: "${slowReceiver(resolve)}", timeout: 2s }\n`);
    const session = begin(cwd, 3);
    await told;
    stop(session);
    expect(await session.exited).toBe(0);
    expect(session.text()).toContain("warning: sink webhook: ");
    expect(said(session)).toContain("the stack shop is destroyed: no server answers any more");
    expect((await eventsOf(cwd)).at(-1)).toMatchObject({ outcome: "success" });
  });
});

/** Loki, which takes the question whether it is there, and never answers it. */
function silentAtTheEnd(onAsked: () => void): string {
  const server = serve((request) => {
    if (new URL(request.url).pathname !== "/") return passOn(lab.urls.loki, request);
    onAsked();
    return new Promise<Response>(() => {});
  });
  return String(server.url);
}

/** Takes events, and never answers to the one that says that the stack is destroyed. */
function slowReceiver(onDestroyed: () => void): string {
  const server = serve(async (request) => {
    const { operation, outcome } = JSON.parse(await request.text());
    if (operation !== "destroy" || outcome !== "success") return new Response(null, { status: 204 });
    onDestroyed();
    return new Promise<Response>(() => {});
  });
  return String(server.url);
}

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s at a prompt destroys nothing", async (signal) => {
  for (const keys of ["", "2"]) {
    const cwd = stack();
    const session = await atTheMenu(cwd);
    session.type(keys);
    if (keys !== "") await session.waitFor("Type the stack's name (shop)");
    session.kill(signal);
    expect(await session.exited).toBe(130);
    expect(said(session)).toBe("nothing was destroyed");
    expect(isDestroyed(cwd)).toBe(false);
    expect((await eventsOf(cwd)).map(({ outcome }: { outcome: string }) => outcome)).toEqual(["cancelled"]);
  }
});

test("SIGHUP, which a closed terminal sends twice, counts once: the command is waited for, and its end recorded", async () => {
  const cwd = stack(["sh", "-c", 'trap "sleep 0.4; exit 9" HUP; echo up >up; while :; do sleep 0.05; done']);
  const session = begin(cwd, 3);
  await appears(cwd, "up");
  session.kill("SIGHUP");
  await session.waitFor("stopping cleanly");
  session.kill("SIGHUP");
  expect(await session.exited).toBe(130);
  expect((await eventsOf(cwd)).at(-1)).toMatchObject({ outcome: "cancelled", details: { exit_code: 9 } });
});

test("a sink's file that cannot be read after the deed is a warning: the last line and the exit code tell of the deed", async () => {
  const cwd = stack(TOUCH, "sinks:\n  file: { path: events.jsonl }\n");
  mkdirSync(join(cwd, ".contextcore", "sinks"), { recursive: true });
  writeFileSync(join(cwd, ".contextcore", "sinks", "file.json"), "{");
  const { stderr, exitCode } = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
  expect(stderr).toMatch(/warning: sink file: cannot read .*file\.json/);
  expect(lastLine(stderr)).toContain("the stack shop is destroyed");
  expect([exitCode, isDestroyed(cwd)]).toEqual([0, true]);
});

test.each([
  ["another stack's name", ["--option", "3", "--confirm", "other"], 4],
  ["no terminal", [], 4],
] as const)("%s: the last line says that nothing was destroyed", async (_name, flags, code) => {
  const { stderr, exitCode } = await run(["destroy", ...flags], { cwd: stack() });
  expect([exitCode, lastLine(stderr)]).toEqual([code, "nothing was destroyed"]);
});
