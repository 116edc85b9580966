/** Exports of which no server can be asked for anything: nothing is left of them, and everything that tells of them says so. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EXPORT } from "../../src/results/export.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startFront } from "../support/front.ts";
import { eventsIn, parsedAs } from "../support/printed.ts";
import { STORES } from "./copied.ts";

setDefaultTimeout(60_000);

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ empty: true });
});
afterAll(() => lab.stop());

/** Nothing listens there. */
const DOWN = "http://127.0.0.1:1";

function project(tempo: string, loki = tempo): string {
  const backends = `  tempo: { url: "${tempo}", retries: 0 }\n  loki: { url: "${loki}" }\n`.replace(
    ", retries: 0",
    "",
  );
  const rest = "  mimir: { enabled: false }\n  grafana: { enabled: false }\n";
  return temporaryDirectory({ "contextcore.yaml": `name: shop\n${STORES}backends:\n${backends}${rest}` });
}

/** What lies in a directory of snapshots, but for what its store keeps for itself. */
const inside = (...path: readonly string[]): string[] =>
  existsSync(join(...path))
    ? readdirSync(join(...path)).filter((name) => name !== ".contextcore-unfinished")
    : [];

const WAYS = [
  ["here", []],
  ["straight into a place", ["-o", "offsite"]],
] as const;

test.each(WAYS)("%s: nothing is left, and that is what is said and recorded", async (_, more) => {
  const cwd = project(DOWN);
  const { stdout, stderr, exitCode } = await run(["export", ...more], { cwd });
  expect(exitCode).toBe(1);
  expect(stdout.trim().split("\n").at(-1)).toBe("nothing was exported, so no snapshot was made");
  for (const name of ["tempo", "loki"])
    expect(stderr).toContain(`missing: ${name}: failed: ${name} at ${DOWN}`);
  expect(stderr).not.toContain("exporting to");
  expect([inside(cwd, "backups"), inside(cwd, "offsite")]).toEqual([[], []]);
  const ended = eventsIn((await run(["audit", "--json"], { cwd })).stdout).at(-1);
  expect(ended).toMatchObject({ operation: "export", outcome: "failed" });
  expect(ended).not.toHaveProperty("export_path");
  expect((await run(["snapshots", "list"], { cwd })).stdout).not.toContain("failed");
});

test.each(WAYS)("%s: the same as JSON", async (_, more) => {
  const cwd = project(DOWN);
  const { stdout, exitCode } = await run(["export", "--json", ...more], { cwd });
  expect(exitCode).toBe(1);
  const printed = parsedAs(EXPORT, stdout);
  expect(printed).toMatchObject({ status: "failed", bytes: 0, copied: [] });
  expect(printed.backends.map(({ backend, status }) => [backend, status])).toEqual([
    ["tempo", "failed"],
    ["loki", "failed"],
  ]);
  expect(printed.snapshot).toBeUndefined();
});

test("what was interrupted before anything was read stays, for when the servers answer", async () => {
  let isUp = true;
  await using tempo = startFront(lab.urls.tempo, (request, pass) => {
    if (!isUp) return new Response("broken", { status: 401 });
    // The first question of the export itself.
    if (!request.url.includes("/api/search") || !hasBegun()) return pass();
    child?.kill(9);
    return new Promise<Response>(() => {});
  });
  const cwd = project(tempo.url, DOWN);
  const hasBegun = (): boolean => inside(cwd, "backups").some((name) => name.endsWith(".partial"));
  const child = Bun.spawn([binary, "export"], {
    cwd,
    env: cleanEnv(cwd),
    stdout: "ignore",
    stderr: "ignore",
  });
  await child.exited;
  isUp = false;
  const resumed = await run(["export", "--resume"], { cwd });
  expect(resumed.exitCode).toBe(1);
  expect(resumed.stderr).toContain("no backend could be asked for anything: tempo: ");
  expect(resumed.stderr).toContain("contextcore export --resume");
  expect(hasBegun()).toBe(true);
});

test.each(WAYS)("%s: likewise when the servers answer the plan, and nothing after it", async (_, more) => {
  let isPlanned = false;
  await using tempo = startFront(lab.urls.tempo, (_, pass) =>
    isPlanned ? new Response("broken", { status: 401 }) : pass(),
  );
  const cwd = project(tempo.url, DOWN);
  const child = Bun.spawn([binary, "export", ...more], {
    cwd,
    env: cleanEnv(cwd),
    stdout: "pipe",
    stderr: "pipe",
  });
  let told = "";
  for await (const piece of child.stderr) {
    told += Buffer.from(piece).toString();
    if (told.includes("exporting to")) isPlanned = true;
  }
  expect(await child.exited, told).toBe(1);
  expect(told).toContain("missing: tempo: failed:");
  expect(await new Response(child.stdout).text()).toContain("nothing was exported, so no snapshot was made");
  expect([inside(cwd, "backups"), inside(cwd, "offsite")]).toEqual([[], []]);
});
