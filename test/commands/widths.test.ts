/** Everything that is shown fits the terminal, however narrow, and `COLUMNS` wins over it. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

let lab: Lab;
let cwd: string;
beforeAll(async () => {
  lab = await startLab();
  cwd = labProject(lab, { command: ["true"] });
  const done = await run(["export", "--all"], { cwd });
  expect(done.exitCode, done.stderr).toBe(0);
});
afterAll(() => lab.stop());

/** The lines that are wider, though none of their words is. */
const tooWide = (text: string, columns: number): string[] =>
  text
    .split("\n")
    .filter((line) => Bun.stringWidth(line) > columns)
    .filter((line) => !line.trim().startsWith("contextcore ")) // what is to be copied is left whole
    .filter(
      (line) =>
        Math.max(
          ...line
            .trim()
            .split(" ")
            .map((word) => word.length),
        ) <=
        columns - 8,
    );

const COMMANDS = [
  "inventory",
  "snapshots list",
  "snapshots show latest",
  "snapshots diff latest latest",
  "snapshots prune --keep-last 1 --dry-run",
  "persistence show",
  "persistence check-destroy",
  "dashboards list",
  "dashboards provision --dry-run",
  "verify latest --live",
  "restore latest --dry-run",
  "audit",
  "audit stats",
  "audit prune --dry-run",
  "config show",
  "plugin list",
  "plugin info loki",
  "doctor",
  "export --help",
  "--help",
];

test.each(COMMANDS)("%s at 40, at 80 and at 120 columns", async (line) => {
  for (const columns of [40, 80, 120]) {
    const session = openSession(line.split(" "), { cwd, columns });
    await session.exited;
    expect(tooWide(session.text(), columns)).toEqual([]);
  }
});

test("COLUMNS wins over the terminal, if it is a number of columns", async () => {
  const help = async (COLUMNS: string): Promise<string> => {
    const session = openSession(["restore", "--help"], { cwd, columns: 90, env: { COLUMNS } });
    await session.exited;
    return session.text();
  };
  const own = await help("");
  expect(tooWide(own, 50).length).toBeGreaterThan(10);
  expect(tooWide(await help("50"), 50)).toEqual([]);
  for (const nonsense of ["0", "-3", "wide", "1e9"]) expect(await help(nonsense)).toBe(own);
  const listed = async (env: Record<string, string>): Promise<string> => {
    const session = openSession(["config", "show"], { cwd, columns: 60, env });
    await session.exited;
    return session.text();
  };
  expect(tooWide(await listed({}), 60)).toEqual([]);
  expect(tooWide(await listed({ COLUMNS: "200" }), 60).length).toBeGreaterThan(5);
});

test("in a pipe COLUMNS is for the help: a line of a table stays a line", async () => {
  const env = { COLUMNS: "40" };
  const { stdout } = await run(["export", "--help"], { cwd, env });
  expect(tooWide(stdout, 40)).toEqual([]);
  expect((await run(["config", "show"], { cwd, env })).stdout).toBe(
    (await run(["config", "show"], { cwd })).stdout,
  );
});

test("a terminal that does not know its size is asked on as on one of 80 columns", async () => {
  const session = openSession(["destroy"], { cwd, columns: 0 });
  await session.waitFor("1. Export all telemetry data before destroy\n");
  await session.waitFor("Select option [1/2/3]:");
  session.type("3");
  await session.waitFor("Type the stack's name (shop) to destroy it:");
  session.type(KEY.interrupt);
  expect(await session.exited).toBe(130);
  const session2 = openSession(["snapshots", "list"], { cwd, columns: 0 });
  await session2.exited;
  expect(tooWide(session2.text(), 80)).toEqual([]);
});

test("the inventory says from when to when, and what is unsaved, where there is room for it", async () => {
  const shown = async (columns: number): Promise<string> => {
    const session = openSession(["inventory"], { cwd, columns });
    await session.exited;
    return session.text();
  };
  const TIMES = /^loki .+ {2}importance=high +\d{4}-\S+ \S+ to \S+ \S+ UTC/m;
  expect(await shown(140)).toMatch(new RegExp(`${TIMES.source}  (saved|unsaved: \\d+ \\w+)$`, "m"));
  const narrower = await shown(105);
  expect(narrower).toMatch(new RegExp(`${TIMES.source}$`, "m"));
  const piped = (await run(["inventory"], { cwd })).stdout;
  for (const text of [await shown(80), piped]) expect(text).toMatch(/^loki .+ {2}importance=high$/m);
});
