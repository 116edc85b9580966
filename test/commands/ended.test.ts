/** Commands that end before their end: what was done is in the trail, and the last line says it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { passOn } from "../support/front.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";
import { eventsOf, lastLine, snapshotsIn, startStacks } from "./destroyable.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const { lab, serve } = await startStacks();

const lastOf = async (cwd: string, operation: string) => (await eventsOf(cwd, operation)).at(-1);

/** Runs a command on a terminal, stops it when `when` resolves, and waits for its end. @returns its last line, unwrapped */
async function stopped(cwd: string, args: readonly string[], when: Promise<unknown>): Promise<string> {
  const session = openSession(args, { cwd, columns: 400 });
  await when;
  session.kill("SIGTERM");
  expect(await session.exited, session.text()).toBe(130);
  return lastLine(session.text());
}

/** A front of a server of the lab, which never answers once `isLast` says so. @returns its URL, and when that has come */
function frontOf(target: string, isLast: (request: Request) => boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = serve((request) => {
    if (!isLast(request)) return passOn(target, request);
    resolve();
    return new Promise<Response>(() => {});
  });
  return { url: String(server.url), reached: promise };
}

/** True from the nth request on that fits. */
function nth(count: number, fits: (request: Request) => boolean): (request: Request) => boolean {
  let seen = 0;
  return (request) => {
    if (fits(request)) seen += 1;
    return fits(request) && seen >= count;
  };
}

describe("snapshots prune", () => {
  const PRUNE = ["snapshots", "prune", "--keep-last", "1", "--allow-gaps", "--yes"];

  async function threeSnapshots(): Promise<string> {
    const cwd = labProject(lab, { only: ["grafana"] });
    for (let number = 0; number < 3; number += 1)
      expect((await run(["export", "--all"], { cwd })).exitCode).toBe(0);
    return cwd;
  }

  test("interrupted: names what it removed, and keeps the rest", async () => {
    const cwd = await threeSnapshots();
    const [oldest = "", first = "", newest = ""] = snapshotsIn(cwd).sort();
    const big = join(cwd, "backups", first, "big");
    mkdirSync(big);
    for (let number = 0; number < 40_000; number += 1) writeFileSync(join(big, `${number}`), "");
    const gone = (async () => {
      while (snapshotsIn(cwd).includes(first)) await Bun.sleep(1);
    })();
    expect(await stopped(cwd, PRUNE, gone)).toMatch(
      new RegExp(`^removed 1 snapshot, \\S+ [kM]?B \\(${first}\\), and no other$`),
    );
    expect(
      snapshotsIn(cwd)
        .filter((name) => !name.startsWith("."))
        .sort(),
    ).toEqual([oldest, newest]);
    expect(await lastOf(cwd, "prune")).toMatchObject({
      outcome: "partial",
      details: { removed: [join(cwd, "backups", first)], error: "interrupted by SIGTERM" },
    });
  });

  test("says last what it removed, or that it removed nothing", async () => {
    const cwd = await threeSnapshots();
    const unasked = await run(PRUNE.slice(0, -1), { cwd });
    expect([unasked.exitCode, lastLine(unasked.stderr)]).toEqual([4, "nothing was removed"]);
    const shown = await run([...PRUNE, "--dry-run"], { cwd });
    expect([shown.exitCode, lastLine(shown.stderr)]).toEqual([0, "nothing was removed (dry run)"]);
    const pruned = await run(PRUNE, { cwd });
    expect([pruned.exitCode, lastLine(pruned.stderr)]).toEqual([
      0,
      expect.stringMatching(/^removed 2 snapshots, /),
    ]);
  });
});

describe("dashboards", () => {
  const isWrite = (method: string) => (request: Request) => request.method === method;

  test("delete, interrupted: what is gone, and of which nobody knows", async () => {
    const { url, reached } = frontOf(lab.urls.grafana, nth(2, isWrite("DELETE")));
    const cwd = labProject(lab, { only: ["grafana"], urls: { grafana: url } });
    const uids = ["dotdot", "node-exporter"];
    expect(await stopped(cwd, ["dashboards", "delete", ...uids, "--yes"], reached)).toBe(
      "deleted: dashboards 1, folders 0",
    );
    const event = await lastOf(cwd, "delete_dashboard");
    expect(event).toMatchObject({ outcome: "partial", details: { dashboards: 1, failed: 0 } });
    expect(event.details.unknown).toEqual([expect.stringMatching(/\((dotdot|node-exporter)\)$/)]);
  });

  test("delete, interrupted before it deleted anything: cancelled", async () => {
    let isReading = false;
    const { url, reached } = frontOf(lab.urls.grafana, () => isReading);
    const cwd = labProject(lab, { only: ["grafana"], urls: { grafana: url } });
    const session = openSession(["dashboards", "delete", "con-dash"], { cwd, columns: 400 });
    await session.waitFor("Delete them?");
    isReading = true;
    session.type("y");
    await reached;
    session.kill("SIGTERM");
    expect(await session.exited).toBe(130);
    expect(lastLine(session.text())).toBe("deleted: dashboards 0, folders 0");
    expect(await lastOf(cwd, "delete_dashboard")).toMatchObject({ outcome: "cancelled" });
  });

  test("provision, interrupted: what is written is counted", async () => {
    const empty = await startLab({ empty: true });
    try {
      const { url, reached } = frontOf(empty.urls.grafana, nth(2, isWrite("POST")));
      const cwd = labProject(empty, { only: ["grafana"], urls: { grafana: url } });
      expect(await stopped(cwd, ["dashboards", "provision"], reached)).toStartWith(
        "dashboards: 0 created, 0 updated, 0 unchanged; folders: 1 created",
      );
      const { outcome, details } = await lastOf(cwd, "provision");
      expect([outcome, details.folders.created, details.unknown.length > 0]).toEqual(["partial", 1, true]);
    } finally {
      await empty.stop();
    }
  });
});

describe("restore", () => {
  const isPush = ({ url }: Request) => url.includes("/push");
  const isCount = ({ url }: Request) => new URL(url).pathname.endsWith("/api/v1/query");

  /** A project with a snapshot of Loki, and an empty Loki to restore to. */
  async function restorable(isLast: (request: Request) => boolean) {
    const source = labProject(lab, { only: ["loki"] });
    expect((await run(["export", "--all"], { cwd: source })).exitCode).toBe(0);
    const [snapshot = ""] = snapshotsIn(source);
    const empty = await startLab({ empty: true });
    const { url, reached } = frontOf(empty.urls.loki, isLast);
    const cwd = labProject(empty, { only: ["loki"], urls: { loki: url } });
    const args = ["restore", join(source, "backups", snapshot), "--yes"];
    return { cwd, args, reached, [Symbol.asyncDispose]: () => empty.stop() };
  }

  test("interrupted while it writes: what is written, and how it goes on", async () => {
    await using setting = await restorable(nth(12, isPush));
    const { cwd, args, reached } = setting;
    expect(await stopped(cwd, args, reached)).toMatch(
      /^at least this was written: loki [\d,]+ entries; the same command with --resume continues$/,
    );
    const { outcome, details } = await lastOf(cwd, "restore");
    expect([outcome, details.error]).toEqual(["partial", "interrupted by SIGTERM"]);
    expect(details.written.loki.entries).toBeGreaterThan(0);
  });

  test("interrupted before the server has answered: nothing is claimed to be written, nor not to be", async () => {
    await using setting = await restorable(nth(1, isPush));
    const { cwd, args, reached } = setting;
    const from = "2020-01-01T00:00:00Z";
    expect(await stopped(cwd, [...args, "--from", from], reached)).toBe(
      `nothing is known to have been written; loki had not answered yet; the same command with --from ${from} --resume continues`,
    );
    expect((await lastOf(cwd, "restore")).outcome).toBe("partial");
  });

  test("interrupted before anything is offered: nothing was written, and it is cancelled", async () => {
    await using setting = await restorable(nth(1, ({ url }) => url.includes("/flush")));
    const { cwd, args, reached } = setting;
    expect(await stopped(cwd, args, reached)).toBe("nothing was written");
    expect((await lastOf(cwd, "restore")).outcome).toBe("cancelled");
  });

  test("interrupted while it counts: all is written, and what was not counted is said", async () => {
    let isPushed = false;
    await using setting = await restorable((request) => {
      isPushed ||= isPush(request);
      return isPushed && isCount(request);
    });
    const { cwd, args, reached } = setting;
    expect(await stopped(cwd, args, reached)).toMatch(
      /^written: loki [\d,]+ entries; not counted on the servers: loki; the same command with --resume continues$/,
    );
    const { outcome, details } = await lastOf(cwd, "restore");
    expect([outcome, details.not_counted]).toEqual(["partial", ["loki"]]);
  });

  test("before it begins: nothing was written", async () => {
    await using setting = await restorable(() => false);
    const { stderr, exitCode } = await run(setting.args.slice(0, -1), { cwd: setting.cwd });
    expect([exitCode, lastLine(stderr)]).toEqual([4, "nothing was written"]);
  });
});

test("a full disk stops an export, and no backend of it is said to be done", async () => {
  const cwd = labProject(lab, { only: ["loki"] });
  const backups = join(cwd, "backups");
  mkdirSync(backups);
  const own = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--mount"];
  const full = `mount -t tmpfs -o size=48k none "$1"; shift; exec "$@"`;
  const child = Bun.spawn([...own, "sh", "-ec", full, "sh", backups, binary, "export", "-t", "24h"], {
    cwd,
    env: cleanEnv(cwd),
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  expect(await child.exited).toBe(1);
  expect(said).toContain("the disk is full");
  expect(said).toMatch(/^loki: stopped, /m);
  expect(said).not.toContain("loki: done");
});

test.each([
  [["restore", "latest", "--dry-run"], "nothing was written (dry run)"],
  [["dashboards", "delete", "con-dash", "--dry-run"], "nothing was deleted (dry run)"],
  [["audit", "prune", "--dry-run"], "nothing was removed (dry run)"],
  [["audit", "sinks", "deliver"], "nothing was delivered: no sinks are configured"],
])("%p ends with what is true", async (args, said) => {
  const cwd = labProject(lab, { only: ["grafana"] });
  await run(["export", "--all"], { cwd });
  expect(lastLine((await run(args, { cwd })).stderr)).toBe(said);
});

test.each([
  ["Ctrl-C", KEY.interrupt],
  ["Ctrl-D", KEY.endOfInput],
  ["n", "n"],
])("%s at a yes-or-no question is no, and the last line says so", async (_name, key) => {
  const cwd = labProject(lab, { only: ["grafana"] });
  const session = openSession(["dashboards", "delete", "con-dash"], { cwd });
  await session.waitFor("Delete them?");
  session.type(key);
  expect(await session.exited).toBe(130);
  expect(lastLine(session.text())).toBe("nothing was deleted");
});

test("a plugin that could not be trusted is not recorded as trusted", async () => {
  const cwd = temporaryDirectory({
    "contextcore.yaml": "name: shop\n",
    ".contextcore/trusted": "a file in the way",
  });
  expect((await run(["plugin", "new", "acme/lines"], { cwd })).exitCode).toBe(0);
  expect((await run(["plugin", "add", "./lines", "--yes"], { cwd })).exitCode).toBe(1);
  expect(readdirSync(cwd)).not.toContain("contextcore.lock");
  const [before, after] = await eventsOf(cwd, "plugin_trust");
  expect([before.outcome, after.outcome, after.ref]).toEqual(["success", "failed", before.id]);
});

test("a plugin that was trusted and could not be listed: the trail says both, and the last line what is true", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  expect((await run(["plugin", "new", "acme/lines"], { cwd })).exitCode).toBe(0);
  const session = openSession(["plugin", "add", "./lines"], { cwd });
  await session.waitFor("Trust these files and load them?");
  rmSync(join(cwd, "contextcore.yaml"));
  mkdirSync(join(cwd, "contextcore.yaml"));
  session.type("y");
  expect(await session.exited).toBe(1);
  expect(lastLine(session.text())).toBe("acme/lines is trusted, but not yet listed under `plugins`");
  rmSync(join(cwd, "contextcore.yaml"), { recursive: true });
  const [before, after] = await eventsOf(cwd, "plugin_trust");
  expect([before.outcome, after.outcome, after.ref]).toEqual(["success", "partial", before.id]);
  expect(after.details).toMatchObject({ action: "add", plugin: "acme/lines", trusted: true });
});

test("what a sink has to say comes before the last line of an export", async () => {
  const sinks = 'sinks:\n  webhook: { url: "http://127.0.0.1:1", timeout: 1s }\n';
  const cwd = labProject(lab, { only: ["grafana"], more: sinks });
  const session = openSession(["export", "--all"], { cwd, columns: 400 });
  expect(await session.exited).toBe(0);
  const lines = session.text().split("\n");
  const sink = lines.findIndex((line) => line.startsWith("warning: sink webhook: "));
  const report = lines.findIndex((line) => /^backups\/\S+ {2}complete /.test(line));
  expect(sink).toBeGreaterThan(0);
  expect(report).toBeGreaterThan(sink);
});

test("a key whose event cannot be written is there all the same, and shown", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  mkdirSync(join(cwd, ".contextcore", "audit.jsonl"), { recursive: true });
  const { stderr, exitCode } = await run(["audit", "keygen"], { cwd });
  expect(exitCode).toBe(4);
  expect(lastLine(stderr)).toMatch(/^the key was made nevertheless; its public key is /);
  rmSync(join(cwd, ".contextcore"), { recursive: true });
});
