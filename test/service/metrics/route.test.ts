/** `/metrics` of the service, over HTTP. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { labProject } from "../../support/project.ts";
import { PROMTOOL } from "../../support/prometheus.ts";
import { quietProject, startService } from "../../support/service.ts";

setDefaultTimeout(30_000);

const openMetrics = {
  headers: { Accept: "application/openmetrics-text;version=1.0.0;q=0.6, text/plain;q=0.3" },
};

/** Without the admin's token. */
const scraped = async (
  url: string,
  init: RequestInit = {},
): Promise<{ type: string | null; text: string }> => {
  const answer = await fetch(`${url}/metrics`, init);
  expect(answer.status).toBe(200);
  return { type: answer.headers.get("content-type"), text: await answer.text() };
};

test("from this machine without a token, in the format that is asked for, and promtool takes it", async () => {
  const service = await startService(quietProject());
  const plain = await scraped(service.url);
  expect(plain.type).toBe("text/plain; version=0.0.4; charset=utf-8");
  const checked = Bun.spawnSync([PROMTOOL, "check", "metrics"], {
    stdin: Buffer.from(plain.text),
    stderr: "pipe",
  });
  expect({ said: `${checked.stderr}`, exitCode: checked.exitCode }).toEqual({ said: "", exitCode: 0 });
  const open = await scraped(service.url, openMetrics);
  expect(open.type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(open.text).toEndWith("# EOF\n");
  expect(await service.stop()).toBe(0);
});

test("it says the same as the command, and what only the service knows", async () => {
  const service = await startService(quietProject("stores:\n  usb: { plugin: directory, path: ./usb }\n"));
  const namesIn = (text: string): string[] =>
    [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
  const [served, printed] = [await scraped(service.url), await run(["metrics"], { cwd: service.cwd })];
  const own = namesIn(served.text).filter((name) => !namesIn(printed.stdout).includes(name));
  expect(namesIn(printed.stdout).filter((name) => !namesIn(served.text).includes(name))).toEqual([]);
  expect(own.filter((name) => !name.startsWith("contextcore_activity_"))).toEqual([
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
  ]);
  expect(await service.stop()).toBe(0);
});

test("requests are counted by route, whatever was asked for", async () => {
  const service = await startService(quietProject());
  await fetch(`${service.url}/api/health`);
  await fetch(`${service.url}/api/health`);
  for (let number = 0; number < 50; number += 1)
    await fetch(`${service.url}/secret-${number}?token=${number}`);
  await fetch(`${service.url}/api/health`, { method: "PROPFIND" });
  const { text } = await scraped(service.url);
  const counts = text.split("\n").filter((line) => line.startsWith("contextcore_requests_total"));
  expect(counts).toContain('contextcore_requests_total{route="/api/health",method="GET",status="200"} 2');
  expect(counts).toContain('contextcore_requests_total{route="none",method="GET",status="404"} 50');
  expect(counts.length).toBeLessThan(6);
  expect(text).not.toContain("secret");
  expect(text).not.toContain("PROPFIND");
  expect(text).toMatch(
    /^contextcore_request_seconds_total\{route="\/api\/health",method="GET",status="200"\} 0\.\d+$/m,
  );
  expect(await service.stop()).toBe(0);
});

test("what is new shows at the next scrape: events, snapshots, and what is gone", async () => {
  const lab = await startLab();
  const cwd = labProject(lab, { command: ["true"], only: ["loki"] });
  const service = await startService(cwd);
  const before = (await scraped(service.url)).text;
  expect(before).toContain("contextcore_snapshots 0\n");
  expect(before).not.toContain("backup_success 1\n");
  expect(await run(["export", "-t", "1h"], { cwd })).toMatchObject({ exitCode: 0 });
  const after = (await scraped(service.url)).text;
  expect(after).toContain("contextcore_snapshots 1\n");
  expect(after).toContain("backup_success 1\n");
  expect(after).toContain("contextcore_trail_verified 1\n");
  rmSync(join(cwd, "backups"), { recursive: true });
  const gone = (await scraped(service.url)).text;
  expect(gone).toContain("contextcore_snapshots 0\n");
  expect(gone).toContain('contextcore_export_last_success_timestamp_seconds{backend="loki"} 0\n');
  expect(gone).not.toContain("backup_size_bytes");
  expect(await service.stop()).toBe(0);
  await lab.stop();
});
