/** Several instances of one plugin in one stack, as a user meets them: two Lokis, from the inventory to the second export. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startFront } from "../support/front.ts";
import { agreed } from "../support/project.ts";
import { exported, json, namesIn, OFF, printed, project, twoLokis } from "./instance-project.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const labs = await Promise.all([
  startLab({ seed: 1 }),
  startLab({ seed: 2 }),
  startLab({ empty: true }),
  startLab({ empty: true }),
]);
const [home, away, emptyHome, emptyAway] = labs as unknown as [Lab, Lab, Lab, Lab];
afterAll(() => Promise.all(labs.map((lab) => lab.stop())));

/** A group of rules, which is an object file in a snapshot. */
const addRules = async (lab: Lab, group: string): Promise<void> => {
  const rules = `name: ${group}\ninterval: 1m\nrules:\n  - alert: Quiet\n    expr: sum(rate({service_name="shop"}[5m])) < 1\n`;
  const request = { method: "POST", body: rules, headers: { "Content-Type": "application/yaml" } };
  const { status } = await fetch(`${lab.urls.loki}/loki/api/v1/rules/shop`, request);
  expect(status).toBe(202);
};
await addRules(home, "at-home");
await addRules(away, "away");

describe("two Lokis with different data", () => {
  const cwd = project(twoLokis(home, away));

  test("are two lines of one inventory, each with its own size and settings", async () => {
    const { stdout } = await run(
      ["inventory", "--set", "backends.loki-eu.importance=low", "--set", "backends.loki.class=transient"],
      { cwd, env: { CONTEXTCORE_LOKI_IMPORTANCE: "critical" } },
    );
    expect(stdout).toMatch(
      /^loki {2,}\S+ \S+ .*importance=critical\nloki-eu {2,}\S+ \S+ .*importance=low\n$/,
    );
    const { backends } = await json(cwd, ["inventory", "--set", "backends.loki.class=transient"]);
    expect(backends).toMatchObject([
      { backend: "loki", url: home.urls.loki, importance: "high", class: "transient" },
      { backend: "loki-eu", plugin: "loki", url: away.urls.loki, importance: "high", class: "important" },
    ]);
    expect(backends[0].plugin).toBeUndefined();
  });

  test("are saved into one snapshot: one at the top, the other in a folder of its own name", async () => {
    const { snapshot, backends, status } = await exported(cwd);
    const { path } = snapshot;
    expect(status).toBe("complete");
    expect(namesIn(backends)).toEqual(["loki", "loki-eu"]);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(["logs.json", "loki", "loki-eu"]));
    expect(readdirSync(join(path, "loki-eu"))).toEqual(expect.arrayContaining(["logs.json", "rules"]));
    const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8"));
    const [own, other] = manifest.plugins;
    expect([own.plugin, other.plugin]).toEqual([undefined, "loki"]);
    const logs = other.files.find(({ of }: { of?: string }) => of === "logs.json");
    expect(logs).toMatchObject({ path: "loki-eu/logs.json", kind: "records" });
    expect(logs.records).toBeGreaterThan(0);
    expect(own.counts.entries === other.counts.entries && own.files[0].sha256 === logs.sha256).toBe(false);
    expect(readFileSync(join(path, "blocks.jsonl"), "utf8")).toContain('"plugin":"loki-eu"');
    const audit = (await run(["audit", "--json", "-n", "1"], { cwd })).stdout;
    expect(audit).toContain(`"loki","loki-eu"`);
  });

  test("verify, live too, and the next export's continuation speak of each by its name", async () => {
    const sound = await run(["verify", "latest", "--live"], { cwd });
    expect({ code: sound.exitCode, out: sound.stdout }).toMatchObject({ code: 0 });
    expect(sound.stdout).toContain("loki-eu");
    const { backends } = await json(cwd, ["export", "--since-last"]);
    expect(backends).toHaveLength(2);
    const { snapshots } = await json(cwd, ["snapshots", "list"]);
    expect(JSON.stringify(snapshots)).toContain("loki-eu");
  });

  test("and what is put back into two empty ones is exported again as it was", async () => {
    const first = await exported(cwd);
    const there = project(twoLokis(emptyHome, emptyAway));
    const report = await json(there, ["restore", first.snapshot.path, "--yes"]);
    expect(namesIn(report.backends)).toEqual(["loki", "loki-eu"]);
    const second = await exported(there);
    const diff = await run(["snapshots", "diff", first.snapshot.path, second.snapshot.path, "--json"], {
      cwd,
    });
    const { backends } = JSON.parse(diff.stdout);
    expect(
      backends.map(({ backend, equal }: { backend: string; equal: boolean }) => [backend, equal]),
    ).toEqual([
      ["loki", true],
      ["loki-eu", true],
    ]);
    const counts = ({ backends: all }: typeof first) =>
      all.map(({ backend, counts: { entries } }: { backend: string; counts: { entries: number } }) => [
        backend,
        entries,
      ]);
    expect(counts(second)).toEqual(counts(first));
  });

  test("one alone is chosen by its name, and keeps its folder; a wrong name is told", async () => {
    const { snapshot, backends } = await exported(
      cwd,
      "--plugin",
      "loki-eu",
      "--match",
      '{service_name=~".+"}',
    );
    expect(namesIn(backends)).toEqual(["loki-eu"]);
    const { path } = snapshot;
    expect(existsSync(join(path, "logs.json"))).toBe(false);
    expect(existsSync(join(path, "loki-eu", "logs.json"))).toBe(true);
    const wrong = await run(["export", "--plugin", "loki-ue"], { cwd });
    expect(wrong.stderr).toContain("--plugin loki-ue: there is no such backend\nhint: did you mean loki-eu?");
    const match = await run(["export", "--all", "--json", "--match", 'loki-eu={service_name="checkout"}'], {
      cwd,
    });
    const [all, some] = printed(match).backends;
    expect(some.counts.entries).toBeLessThan(all.counts.entries);
  });

  test("completions offer both, and config show tells of both where each value is from", async () => {
    const { stdout } = await run(["completions", "fish", "--", "export", "--plugin", "lo"], { cwd });
    expect(stdout).toBe("loki\tbuilt-in\nloki-eu\tan instance of loki\n");
    const env = { CONTEXTCORE_LOKI_EU_IMPORTANCE: "low", CONTEXTCORE_LOKI_EU_TOKEN: "not-to-be-seen" };
    const shown = printed(await run(["config", "show", "--json"], { cwd, env }));
    const value = (key: string) => shown.settings.find((one: { key: string }) => one.key === key);
    expect(value("backends.loki-eu.plugin")).toMatchObject({ value: "loki", where: "contextcore.yaml:7" });
    expect(value("backends.loki-eu.importance")).toMatchObject({
      value: "low",
      where: "CONTEXTCORE_LOKI_EU_IMPORTANCE",
    });
    expect(value("backends.loki-eu.token")).toMatchObject({ value: "***" });
    expect(value("backends.loki.importance")).toMatchObject({ value: "high", where: "default" });
    expect(JSON.stringify(shown)).not.toContain("not-to-be-seen");
  });
});

describe("where no instance is named like its plugin", () => {
  test("the first has the files at the top, the others have folders", async () => {
    const cwd = project(
      `  eu: { plugin: loki, url: "${home.urls.loki}" }\n  us: { plugin: loki, url: "${away.urls.loki}" }\n`,
    );
    const { snapshot, backends } = await exported(cwd);
    const { path } = snapshot;
    expect(namesIn(backends)).toEqual(["eu", "us"]);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(["logs.json", "us"]));
    expect(existsSync(join(path, "eu"))).toBe(false);
    expect((await run(["verify", path], { cwd })).exitCode).toBe(0);
  });

  test("what an earlier version saved under the plugin's name is put back into that one", async () => {
    const before = project(`  loki: { url: "${home.urls.loki}" }\n`);
    const { path } = (await exported(before)).snapshot;
    const lab = await startLab({ empty: true });
    const cwd = project(`  eu: { plugin: loki, url: "${lab.urls.loki}" }\n`);
    const report = await json(cwd, ["restore", path, "--yes"]);
    expect(report.status).toBe("complete");
    const again = await exported(cwd);
    await lab.stop();
    expect(again.backends[0].counts.entries).toBeGreaterThan(0);
  });

  test("--set of the plugin's own name is told to lead nowhere", async () => {
    const cwd = project(`  loki-eu: { plugin: loki, url: "${home.urls.loki}" }\n`);
    const { stderr, exitCode } = await run(["inventory", "--set", "backends.loki.url=http://127.0.0.1:1"], {
      cwd,
    });
    expect(stderr).toContain("--set: backends.loki: there is no plugin called loki");
    expect(exitCode).toBe(2);
  });
});

test("two instances of the same server and tenant are pointed out", async () => {
  const cwd = project(twoLokis(home, home));
  const { stderr, exitCode } = await run(["config", "check"], { cwd });
  const what = "loki and loki-eu have the same server and tenant";
  expect(stderr).toContain(what);
  expect(exitCode).toBe(0);
  const doctor = await run(["doctor"], { cwd });
  expect(doctor.stdout).toContain(what);
  expect(doctor.exitCode).toBe(3);
  const apart = project(twoLokis(home, home, ", tenant: eu"));
  expect((await run(["config", "check"], { cwd: apart })).stderr).toBe("");
});

test("data that an instance names is measured, whichever plugin it is of", async () => {
  const cwd = project(`  eu: { plugin: loki, url: "${home.urls.loki}", data: data }\n`);
  await Bun.write(join(cwd, "data", "chunk"), new Uint8Array(300_000).fill(7));
  const { backends } = await json(cwd, ["inventory"]);
  expect(backends[0].size).toMatchObject({ source: "disk" });
  expect(backends[0].size.bytes).toBeGreaterThanOrEqual(300_000);
});

test("what is saved of one instance is not taken for the other", async () => {
  const cwd = project(twoLokis(home, away));
  await exported(cwd, "--plugin", "loki");
  const { warnings } = await json(cwd, ["inventory"]);
  const unsaved = warnings.filter(({ kind }: { kind: string }) => kind === "unsaved" || kind === "expiring");
  expect(unsaved.map(({ backend }: { backend: string }) => backend)).toEqual(["loki-eu"]);
  const lost = await run(["persistence", "check-destroy"], { cwd });
  expect(lost.exitCode).toBe(3);
  expect(lost.stdout + lost.stderr).toContain("loki-eu");
});

test("somebody else's plugin has instances, too, each with its own options, and in a folder of its own", async () => {
  const line = (task: string) => `{"time":"2026-01-24T08:00:00Z","task":"${task}"}\n`;
  const cwd = temporaryDirectory({ "one/a.jsonl": line("FIRST"), "two/a.jsonl": line("SECOND") });
  expect((await run(["plugin", "new", "acme/lines"], { cwd })).exitCode).toBe(0);
  expect((await run(["plugin", "add", "./lines", "--yes"], { cwd })).exitCode).toBe(0);
  const lines = "  acme/lines: { directory: one }\n  lines-eu: { plugin: acme/lines, directory: two }\n";
  const off = `${OFF}  loki: { enabled: false }\n`;
  await Bun.write(join(cwd, "contextcore.yaml"), `plugins: [./lines]\nbackends:\n${off}${lines}`);
  const { snapshot, backends, status } = await json(agreed(cwd), ["export", "--all"]);
  expect({ status, names: namesIn(backends) }).toEqual({
    status: "complete",
    names: ["acme/lines", "lines-eu"],
  });
  const { path } = snapshot;
  expect(readFileSync(join(path, "acme", "lines", "lines.jsonl"), "utf8")).toContain("FIRST");
  expect(readFileSync(join(path, "lines-eu", "lines.jsonl"), "utf8")).toContain("SECOND");
  expect((await run(["verify", path], { cwd })).exitCode).toBe(0);
  const shown = await json(cwd, ["config", "show"]);
  expect(JSON.stringify(shown.settings)).toContain("backends.lines-eu.importance");
});

test("a name that is another plugin's instance by now continues nothing of the first, though one address leads to both", async () => {
  let behind = home.urls.loki;
  await using gateway = startFront(() => behind);
  const backends = (plugin: string) =>
    `name: shop\nbackends:\n${OFF}  loki: { enabled: false }\n  shop: { plugin: ${plugin}, url: "${gateway.url}" }\n`;
  const cwd = temporaryDirectory({ "contextcore.yaml": backends("loki") });
  const first = await exported(cwd);
  expect(first.status).toBe("complete");
  behind = home.urls.mimir;
  await Bun.write(join(cwd, "contextcore.yaml"), backends("mimir"));
  const second = await run(["export", "--since-last", "--json"], { cwd });
  expect(second.stderr).toContain("shop: everything, since the kept snapshots of it are of the plugin loki");
  expect(printed(second).backends[0].counts.samples).toBeGreaterThan(0);
  const { stdout } = await run(["verify", "latest"], { cwd });
  expect(stdout).toContain("not covered: ");
});
