/** What `verify --live` says of what the manifest itself calls missing: it was missing already, and did not arrive later. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());

const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * 60_000).toISOString();
const RANGE = ["--from", at(180), "--to", at(30)];

interface Difference {
  readonly saved: Readonly<Record<string, number>>;
  readonly server: Readonly<Record<string, number>>;
  readonly verdict: string;
}

async function live(cwd: string): Promise<{ exitCode: number; differences: Difference[]; stdout: string }> {
  const { stdout, exitCode } = await run(["verify", "--all", "--live", "--json"], { cwd });
  const reports: { differences: Difference[] }[] = JSON.parse(stdout).live;
  const { stdout: told } = await run(["verify", "--all", "--live"], { cwd });
  return { exitCode, differences: reports.flatMap(({ differences }) => differences), stdout: told };
}

test("spans of a trace that could not be read at the export were missing already", async () => {
  const cwd = labProject(lab, { only: ["tempo"] });
  const whole = await run(["export", "--json", ...RANGE, "-o", "whole"], { cwd });
  const traces = join(JSON.parse(whole.stdout).snapshot.path, "traces.json");
  const [, id = ""] = /"traceId":"([0-9a-f]+)"/.exec(await Bun.file(traces).text()) ?? [];
  lab.faces.tempo.knobs.unreadable.add(id);
  expect((await run(["export", ...RANGE], { cwd })).exitCode).toBe(3);
  lab.faces.tempo.knobs.unreadable.delete(id);
  const { exitCode, differences, stdout } = await live(cwd);
  expect(differences.map(({ verdict }) => verdict)).toEqual(differences.map(() => "missing"));
  expect(differences.length).toBeGreaterThan(0);
  expect(stdout).toContain("were missing from the snapshot already");
  expect(stdout).not.toContain("after the export");
  expect(exitCode).toBe(3);
});

test("a server that is down, or gone from the configuration, leaves the verdict of the others, and is named", async () => {
  const cwd = labProject(lab, { only: ["loki", "grafana"] });
  expect((await run(["export", ...RANGE], { cwd })).exitCode).toBe(0);
  const verified = async (setting: string) => run(["verify", "latest", "--live", "--set", setting], { cwd });
  const down = await verified("backends.loki.url=http://127.0.0.1:9");
  expect(down.stdout).toContain("sound");
  expect(down.stdout).toContain("grafana");
  expect(down.stderr).toMatch(/not counted: .* of loki: .*nothing listens there/);
  expect(down.exitCode).toBe(3);
  const gone = await verified("backends.loki.enabled=false");
  expect(gone.stderr).toMatch(/not counted: .* of loki: no such backend is configured/);
  expect(gone.exitCode).toBe(3);
});

test("who is still waited for is shown, and servers that are down are waited for side by side", async () => {
  const cwd = labProject(lab, { only: ["loki", "grafana"] });
  expect((await run(["export", ...RANGE], { cwd })).exitCode).toBe(0);
  const off = ["loki", "grafana"].flatMap((name) => ["--set", `backends.${name}.url=http://127.0.0.1:9`]);
  const session = openSession(["verify", "latest", "--live", ...off, "-v"], { cwd });
  await session.waitFor("asking loki, grafana");
  expect(await session.exited).toBe(3);
  // The waits of both are told in turn: neither waits until the other is given up.
  const of = Array.from(session.text().matchAll(/^(loki|grafana) {2}waits/gm), ([, name = ""]) => name);
  expect([of.indexOf("grafana") >= 0, of.indexOf("grafana") < of.lastIndexOf("loki")]).toEqual([true, true]);
});

test("rule groups of which none could be read, too; what came since did arrive after the export", async () => {
  const cwd = labProject(lab, { only: ["grafana"] });
  const undo = lab.faults.grafana.add({ kind: "status", path: "/rule-groups/" });
  expect((await run(["export", ...RANGE], { cwd })).exitCode).toBe(3);
  undo();
  const { dashboards } = lab.faces.grafana.store;
  const one = dashboards.get("tasks-overview");
  if (one !== undefined) dashboards.set("newer", { ...one, uid: "newer", id: 9_999 });
  const { exitCode, differences } = await live(cwd);
  expect(differences.map(({ saved, server, verdict }) => [saved, server, verdict])).toEqual([
    [{ dashboards: 11 }, { dashboards: 12 }, "late"],
    [{ "rule-groups": 0 }, { "rule-groups": 2 }, "missing"],
  ]);
  expect(exitCode).toBe(3);
});
