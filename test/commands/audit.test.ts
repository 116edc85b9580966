/** The `audit` commands as a user meets them: what is said, on which stream, with which exit code. */
import { expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { openTrail } from "../../src/audit/trail.ts";
import { startReceiver } from "../audit/receiver.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { agreed } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";

/** A project with a few events in its trail; its home is the project's directory, as `run` has it. */
async function project(config = ""): Promise<string> {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${config}` });
  const trail = openTrail({
    file: trailOf(cwd),
    home: join(cwd, ".contextcore-home"),
    project: "shop",
    identity: { user: "ada", host: "build-7" },
    clock: () => Date.parse("2026-01-24T14:30:00Z"),
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  await trail.append({
    operation: "export",
    outcome: "success",
    dataAffected: ["loki"],
    details: { note: "=1+1", that: "fills-the-line-of-a-narrow-terminal", long: "yes-it-is-a-long-one" },
  });
  await trail.append({ operation: "export", outcome: "failed", dataAffected: ["tempo"] });
  await trail.record({ operation: "destroy", destructive: true }, async () => ({
    result: 0,
    ending: { outcome: "success", details: { backup: "yes" } },
  }));
  await trail.close();
  return cwd;
}

const NO_BACKENDS = [
  "backends:",
  ...["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }`),
  "",
].join("\n");

const trailOf = (cwd: string): string => join(cwd, ".contextcore/audit.jsonl");
const lines = (text: string): string[] => text.split("\n").slice(0, -1);

test("the listing filters, and tells what is wrong with a filter", async () => {
  const cwd = await project();
  const listed = async (...args: string[]) => lines((await run(["audit", ...args], { cwd })).stdout);
  expect(await listed("-n", "1")).toEqual([
    "2026-01-24 14:30:00  destroy  ada@build-7  backup=yes  outcome=success",
  ]);
  expect(await listed("--outcome", "failed")).toHaveLength(1);
  expect(await listed("--affected", "loki")).toHaveLength(1);
  expect(await listed("--user", "grace")).toEqual([]);
  expect(await listed("--from", "2026-01-25")).toEqual([]);
  expect(await listed("--grep", "BACKUP")).toHaveLength(1);
  const wrong = [
    ["-n", "0"],
    ["--outcome", "succes"],
    ["--from", "tomorrow"],
    ["--from", "2026-02-01", "--to", "2026-01-01"],
  ];
  for (const args of wrong) {
    const { exitCode, stdout, stderr } = await run(["audit", ...args], { cwd });
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("error:");
  }
});

test.each(["list", "stats", "export"])(
  "audit %s takes --target, and the same as --affected",
  async (command) => {
    const cwd = await project();
    const counted = async (flag: string, text: string) => {
      const { exitCode, stdout } = await run(["audit", command, flag, text], { cwd });
      return { exitCode, stdout };
    };
    const { stdout: one, exitCode } = await counted("--target", "loki");
    expect(exitCode).toBe(0);
    expect(await counted("--affected", "loki")).toEqual({ exitCode: 0, stdout: one });
    expect((await counted("--target", "nowhere")).stdout).not.toBe(one);
  },
);

test("on a terminal of 80 columns no word is broken", async () => {
  const cwd = await project();
  for (const env of [{ NO_COLOR: "1" }, {}]) {
    const session = openSession(["audit", "list"], { cwd, columns: 80, env });
    expect(await session.exited).toBe(0);
    const shown = lines(session.text());
    expect(shown.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
    expect(shown.join(" ").replace(/\s+/g, " ")).toContain("long=yes-it-is-a-long-one");
  }
});

test("show tells everything about one event, by number or by the beginning of its id", async () => {
  const cwd = await project();
  const { stdout, exitCode } = await run(["audit", "show", "4"], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('"backup": "yes"');
  expect(stdout).toContain("(matches its content)");
  expect(stdout).toContain("began with event 3: started");
  const { event, related } = JSON.parse((await run(["audit", "show", "4", "--json"], { cwd })).stdout);
  expect(related.map(({ seq }: { seq: number }) => seq)).toEqual([3]);
  expect((await run(["audit", "show", event.id.slice(0, 30), "--json"], { cwd })).exitCode).not.toBe(1);
  expect((await run(["audit", "show", "99"], { cwd })).exitCode).toBe(2);

  writeFileSync(trailOf(cwd), readFileSync(trailOf(cwd), "utf8").replace('"backup":"yes"', '"backup":"no"'));
  const changed = await run(["audit", "show", "4"], { cwd });
  expect(changed.exitCode).toBe(5);
  expect(changed.stdout).toContain("DOES NOT MATCH");
});

test("verify proves, and names the line that was changed", async () => {
  const cwd = await project();
  const sound = await run(["audit", "verify"], { cwd });
  expect([sound.exitCode, sound.stderr]).toEqual([0, ""]);
  expect(sound.stdout).toContain("4 events in 1 file");
  writeFileSync(trailOf(cwd), readFileSync(trailOf(cwd), "utf8").replace('"tempo"', '"mimir"'));
  const changed = await run(["audit", "verify"], { cwd });
  expect(changed.exitCode).toBe(5);
  expect(changed.stderr).toStartWith(
    "wrong: audit.jsonl:2: the line was changed: its hash does not match its content\n",
  );
  const { sound: verdict, findings } = JSON.parse((await run(["audit", "verify", "--json"], { cwd })).stdout);
  expect([verdict, findings.length]).toEqual([false, 1]);
  rmSync(trailOf(cwd));
  expect((await run(["audit", "verify"], { cwd })).exitCode).toBe(4);
  expect((await run(["audit", "verify", "--key", "nonsense"], { cwd })).exitCode).toBe(2);
});

test("keygen prints the public key alone, once; verify takes it", async () => {
  const cwd = await project();
  const made = await run(["audit", "keygen"], { cwd });
  const [publicKey = "", ...rest] = lines(made.stdout);
  expect([made.exitCode, rest]).toEqual([0, []]);
  expect(made.stderr).not.toContain("PRIVATE+KEY");
  const again = await run(["audit", "keygen"], { cwd });
  expect(again.exitCode).toBe(4);
  expect(again.stderr).toContain("a signing key exists already");
  const verified = await run(["audit", "verify", "--key", publicKey], { cwd });
  expect(verified.exitCode).toBe(0);
  expect(verified.stderr).toContain("there is no checkpoint yet");
});

test("export writes what other tools read, and is itself recorded", async () => {
  const cwd = await project();
  const before = lines(await Bun.file(trailOf(cwd)).text());
  const { stdout } = await run(["audit", "export", "--all"], { cwd });
  expect(lines(stdout).slice(0, 4)).toEqual(before);
  expect(JSON.parse(lines(stdout)[4] ?? "")).toMatchObject({ operation: "trail_rotation" }); // January's file
  expect(JSON.parse(lines(stdout)[5] ?? "")).toMatchObject({ operation: "audit_export", outcome: "started" });
  const toFile = await run(["audit", "export", "--format", "csv", "-o", "out.csv", "--operation", "export"], {
    cwd,
  });
  expect([toFile.exitCode, toFile.stdout]).toEqual([0, ""]);
  const rows: Record<string, string>[] = parse(readFileSync(join(cwd, "out.csv")), { columns: true });
  expect(rows.map(({ outcome }) => outcome)).toEqual(["success", "failed"]);
  const [, last] = eventsIn(
    (await run(["audit", "--json", "-n", "2", "--operation", "audit_export"], { cwd })).stdout,
  );
  expect(last).toMatchObject({
    outcome: "success",
    details: { events: 2, format: "csv", output: "out.csv" },
  });
  const cut = await run(["audit", "export", "-n", "1"], { cwd });
  expect(lines(cut.stdout)).toHaveLength(1);
  expect(cut.stderr).toContain("only the newest 1 matching events");
  expect((await run(["audit", "export", "-n", "50001"], { cwd })).exitCode).toBe(2);
  expect((await run(["audit", "export", "-n", "1", "--all"], { cwd })).exitCode).toBe(2);
});

test("stats count, in words and as JSON", async () => {
  const cwd = await project();
  const { stdout } = await run(["audit", "stats"], { cwd });
  expect(stdout).toContain("1 success, 1 failed");
  const titles = stdout.split("\n").filter((line) => /^\S/.test(line));
  expect(titles).toEqual(["by operation", "by outcome", "by user", "by week"]);
  expect(stdout).toMatch(/\n {2}success +2 {2}█+ +2 success\n {2}failed +1 /);
  expect(JSON.parse((await run(["audit", "stats", "--json"], { cwd })).stdout)).toMatchObject({
    operations: 3,
    byUser: { "ada@build-7": { success: 2, failed: 1 } },
    byWeek: [{ week: "2026-01-19" }],
  });
});

test("sinks: tested, listed, delivered to later; a webhook's URL is never shown", async () => {
  await using receiver = await startReceiver("fail");
  const cwd = await project(`sinks:\n  webhook: { url: "${receiver.url}/T0SECRET?token=hush" }\n`);
  const said: string[] = [];
  const audit = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(["audit", ...args], { cwd });
    said.push(stdout, stderr);
    return { exitCode, stdout, stderr };
  };
  expect((await audit("sinks", "test")).exitCode).toBe(1);
  expect((await audit("export", "-n", "1")).stderr).toContain("events wait for a later command");
  expect(await audit("sinks")).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining("failing  5 s  0 delivered"),
  });

  receiver.behaviour = "accept";
  expect((await audit("sinks", "test")).exitCode).toBe(0);
  expect((await audit("sinks", "deliver")).exitCode).toBe(0);
  const { sinks } = JSON.parse((await audit("sinks", "--json")).stdout);
  expect(sinks[0]).toMatchObject({ sink: "webhook", configured: true, waiting: 0, rejected: 0, dropped: 0 });
  const events = lines(await Bun.file(trailOf(cwd)).text());
  const bodies = receiver.received.map(({ body }) => body).filter((body) => body !== "");
  expect(bodies).toEqual(events.slice(1)); // from the event on that tells of the sink; the first closes January's file
  expect((await audit("sinks", "test", "nobody")).exitCode).toBe(2);
  expect((await audit("verify")).exitCode).toBe(0);
  expect(said.join("")).not.toMatch(/T0SECRET|hush/);
});

test("prune shows its plan, asks for a yes, and never keeps less than the configuration says", async () => {
  const cwd = await project();
  await run(["audit", "export", "-o", "out.jsonl"], { cwd }); // the first event of a later month closes January's file
  const plan = await run(["audit", "prune", "--dry-run"], { cwd });
  expect([plan.exitCode, plan.stderr]).toEqual([0, "nothing was removed (dry run)\n"]);
  expect(plan.stdout).toContain("remove  audit-000000000001-000000000004.jsonl.zst  4 events");
  expect(plan.stdout).toContain("2 events of destroy, restore, prune and erase are kept for seven years");
  expect((await run(["audit", "prune"], { cwd })).exitCode).toBe(4);
  const pruned = await run(["audit", "prune", "--yes", "--json"], { cwd });
  expect(JSON.parse(pruned.stdout)).toMatchObject({
    removed: true,
    keptTotal: 2,
    files: [{ eventsTotal: 4 }],
  });
  expect((await run(["audit", "verify"], { cwd })).exitCode).toBe(0);
  const trail = await Bun.file(trailOf(cwd)).text();
  const again = await run(["audit", "prune", "--yes"], { cwd });
  expect([again.exitCode, again.stderr]).toEqual([0, "no event is old enough\nnothing was removed\n"]);
  expect(await Bun.file(trailOf(cwd)).text()).toBe(trail);
  const short = await run(["audit", "prune", "--days", "10"], { cwd });
  expect(short.exitCode).toBe(4);
  expect(short.stderr).toContain("keeps ordinary events for 90 days");
});

test("a destroy command that would ruin the machine is refused, explained and recorded", async () => {
  const command = "destroy:\n  command: [sh, -c, 'docker compose down && rm -rf /']\n";
  const cwd = agreed(await project(NO_BACKENDS + command));
  const refused = await run(["destroy", "--option", "3", "--confirm", "shop"], { cwd });
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toContain("may not run (delete-vital): `rm -rf /`");
  const [event] = eventsIn((await run(["audit", "--json", "-n", "1"], { cwd })).stdout);
  expect(event).toMatchObject({
    operation: "destroy",
    outcome: "refused",
    details: { rule: "delete-vital" },
  });
});

test("following shows new events as they come, and ends with the signal", async () => {
  const cwd = await project();
  const words = [binary, "audit", "--follow", "--json", "-n", "1", "--operation", "destroy", "--user", "ada"];
  const child = Bun.spawn(words, { cwd, env: cleanEnv(cwd), stdout: "pipe", stderr: "pipe" });
  const reader = child.stdout.getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  expect(JSON.parse(await next())).toMatchObject({ seq: 4 });
  const trail = openTrail({
    file: trailOf(cwd),
    home: join(cwd, ".contextcore-home"),
    project: "shop",
    identity: { user: "ada", host: "build-7" },
    onWarning: () => undefined,
  });
  await trail.append({ operation: "export", outcome: "success" });
  await trail.append({ operation: "destroy", outcome: "refused" });
  await trail.close();
  expect(JSON.parse(await next())).toMatchObject({ seq: 7, outcome: "refused" });
  child.kill("SIGINT");
  expect(await child.exited).toBe(130);
});

test("any command closes what a killed one began, and says what was left", async () => {
  const cwd = await project(NO_BACKENDS);
  const operation = join(import.meta.dir, "../audit/operation.ts");
  const victim = Bun.spawn(
    [process.execPath, operation, trailOf(cwd), join(cwd, ".contextcore"), "restore"],
    {
      stdout: "pipe",
    },
  );
  await victim.stdout.getReader().read();
  expect((await run(["inventory"], { cwd })).stderr).not.toContain("interrupted"); // it is at work
  victim.kill("SIGKILL");
  await victim.exited;
  const { stderr } = await run(["inventory"], { cwd });
  expect(stderr).toContain(
    "was interrupted: part of the snapshot has been written. Run the same `contextcore restore` again",
  );
  expect((await run(["inventory"], { cwd })).stderr).not.toContain("interrupted");
});
