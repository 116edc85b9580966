/** The service removes old events of the trail by itself, where it is told to. */
import { expect, jest, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openTrail } from "../../src/audit/trail.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { RunRequest } from "../../src/service/running/requested.ts";
import { keepClean } from "../../src/service/serve/cleanup.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsOf, quietProject, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const MONTHS = ["2025-01", "2025-02", "2025-03"];

/** A project with three closed files of old events, and one that is not closed. */
async function projectWithHistory(): Promise<string> {
  const cwd = quietProject();
  let now = 0;
  const [file, home] = [join(cwd, ".contextcore/audit.jsonl"), join(cwd, ".contextcore")];
  const trail = openTrail({ file, home, project: "shop", clock: () => now, onWarning: () => undefined });
  for (const month of [...MONTHS, "2025-04"]) {
    now = Date.parse(`${month}-10T12:00:00Z`);
    await trail.append({ operation: "export", outcome: "success" });
  }
  await trail.close();
  expect(closedIn(cwd).length).toBe(3);
  return cwd;
}

const closedIn = (cwd: string): string[] =>
  readdirSync(join(cwd, ".contextcore")).filter((name) => /^audit-\d/.test(name));

const prunesIn = (cwd: string) => eventsOf(cwd).filter(({ operation }) => operation === "audit_prune");

test("with AUDIT_CLEANUP_ENABLED old files go at the start, archived, and the trail says who did it; it is ready meanwhile", async () => {
  const cwd = await projectWithHistory();
  const service = await startService(cwd, { env: { AUDIT_CLEANUP_ENABLED: "true" } });
  expect((await service.ask("/api/ready")).status).toBe(200);
  while (!prunesIn(cwd).some(({ outcome }) => outcome === "success")) await Bun.sleep(50);
  const [event] = prunesIn(cwd).filter(({ outcome }) => outcome === "success");
  expect(event).toMatchObject({ via: "schedule" });
  while (closedIn(cwd).some((name) => name.startsWith("audit-000000000001"))) await Bun.sleep(50);
  expect(existsSync(join(cwd, "backups/audit-archive"))).toBe(true);
  expect(await service.stop()).toBe(0);
});

test("otherwise nothing goes, however old it is", async () => {
  const cwd = await projectWithHistory();
  const before = closedIn(cwd);
  const service = await startService(cwd);
  expect((await service.ask("/api/ready")).status).toBe(200);
  expect(await service.stop()).toBe(0);
  expect(closedIn(cwd)).toEqual(expect.arrayContaining(before));
  expect(prunesIn(cwd)).toEqual([]);
});

const configured = (text: string) =>
  loadConfig({ directory: temporaryDirectory({ "contextcore.yaml": text }), env: {} });

test("a kind that schedules may not run is not run, and that is told", async () => {
  const config = await configured("audit: { cleanup: true }\npermissions: { schedules: [export] }\n");
  const [started, told]: [RunRequest[], string[]] = [[], []];
  const start = (request: RunRequest): never => {
    started.push(request);
    throw new Error("not reached");
  };
  using _ = keepClean(config, { start }, (message) => told.push(message));
  await Promise.resolve();
  expect(started).toEqual([]);
  expect(told).toEqual(["old events of the trail were not removed: a schedule may not run audit_prune"]);
});

test("it comes again after the interval, and sooner only when the clock was set back", async () => {
  const config = await configured("audit: { cleanup: true, cleanup_interval: 12h }\n");
  let started = 0;
  const start = async (): Promise<never> => {
    started += 1;
    throw new Error("the queue is full");
  };
  const hours = (count: number): number => count * 3_600_000;
  jest.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z") });
  try {
    using _ = keepClean(config, { start }, () => undefined);
    expect(started).toBe(1);
    jest.advanceTimersByTime(hours(11.9));
    expect(started).toBe(1);
    jest.advanceTimersByTime(hours(0.2));
    expect(started).toBe(2);
    jest.setSystemTime(Date.parse("2025-06-01T00:00:00Z"));
    jest.advanceTimersByTime(hours(0.1));
    expect(started).toBe(3);
  } finally {
    jest.useRealTimers();
  }
});
