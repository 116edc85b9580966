/** A copy in a place counts as what it holds, and is brought back from there. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { command, json, project, STORES } from "./copied.ts";

setDefaultTimeout(120_000);

test("a snapshot of which only a copy is left is still held: listed, shown, proved and taken by its name, until the copy is gone", async () => {
  const { cwd, name, path } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const both = await json(cwd, "snapshots", "list");
  const places = [{ place: "offsite", verified: expect.any(String), depth: "listed", sound: true }];
  expect(both.printed.snapshots).toMatchObject([{ name, path, here: true, places }]);
  rmSync(path, { recursive: true });
  const away = await json(cwd, "snapshots", "list");
  expect(away.printed.snapshots).toMatchObject([{ name, path: `offsite:${name}`, here: false, places }]);
  expect(away.printed.coverage).toEqual(both.printed.coverage);
  for (const named of [name, name.slice(0, 8), "latest"]) {
    expect((await json(cwd, "snapshots", "show", named)).printed).toMatchObject({ snapshot: { name } });
    expect((await command(cwd, "verify", named)).exitCode).toBe(0);
  }
  const looked = await json(cwd, "snapshots", "list");
  expect(looked.printed.snapshots[0].places).toMatchObject([{ depth: "whole", sound: true }]);
  expect((await command(cwd, "snapshots", "list")).stdout).toMatch(/offsite \(verified 1m ago\)/);

  rmSync(join(cwd, "offsite", name, "logs.json"));
  const hurt = await json(cwd, "snapshots", "list", "--place", "offsite");
  expect([hurt.exitCode, hurt.stderr]).toEqual([3, expect.stringContaining("logs.json is missing")]);
  expect((await json(cwd, "snapshots", "list")).printed.snapshots).toEqual([]);
  rmSync(join(cwd, "offsite", name), { recursive: true });
  const gone = await command(cwd, "snapshots", "list", "--place", "offsite");
  expect([gone.exitCode, gone.stderr]).toEqual([3, expect.stringContaining("the copy is gone")]);
  expect((await command(cwd, "snapshots", "list", "--place", "offsite")).exitCode).toBe(0);
});

test("the whole name of a snapshot means that one, though it begins another one's, and wherever it is", async () => {
  const { cwd, path } = await project();
  const [name, other] = ["20260124-143000", "20260124-143000-2"];
  renameSync(path, join(cwd, "backups", name));
  renameSync(await smallSnapshot(join(cwd, "backups")), join(cwd, "backups", other));
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  rmSync(join(cwd, "backups", name), { recursive: true });
  expect((await json(cwd, "snapshots", "show", name)).printed.snapshot).toEqual({
    name,
    path: `offsite:${name}`,
  });
});

let lab: Lab;
let far: Lab;
let near: Lab;
beforeAll(async () => {
  [lab, far, near] = await Promise.all([startLab(), startLab({ empty: true }), startLab({ empty: true })]);
}, 120_000);
afterAll(async () => void (await Promise.all([lab, far, near].map((one) => one.stop()))));

const servedBy = ({ urls }: Lab): string[] =>
  ["tempo", "mimir", "loki", "grafana"].flatMap((name) => [
    "--set",
    `backends.${name}.url=${urls[name as "loki"]}`,
  ]);

test("exported, copied, deleted here, restored from the place: as from the directory, and compared and converted likewise", async () => {
  const cwd = labProject(lab, { more: STORES });
  expect((await command(cwd, "export", "-t", "25h", "--compress", "zstd")).exitCode).toBeOneOf([0, 3]);
  const [name = ""] = readdirSync(join(cwd, "backups"));
  expect((await command(cwd, "snapshots", "copy", name, "--to", "offsite")).exitCode).toBe(0);
  const kept = join(cwd, "kept", name);
  cpSync(join(cwd, "backups"), join(cwd, "kept"), { recursive: true });
  rmSync(join(cwd, "backups"), { recursive: true });
  const exported: string[] = [];
  for (const [from, into] of [
    [`offsite:${name}`, far],
    [kept, near],
  ] as const) {
    const restored = await command(cwd, "restore", from, "--yes", ...servedBy(into));
    expect(restored.exitCode, restored.stderr).toBeOneOf([0, 3]);
    const output = join(cwd, `again-${exported.length}`);
    await command(cwd, "export", "--all", "-o", output, ...servedBy(into));
    exported.push(join(output, readdirSync(output)[0] ?? ""));
  }
  const [a = "", b = ""] = exported;
  const again = await command(cwd, "snapshots", "diff", a, b);
  expect(again.exitCode, again.stdout).toBe(0);
  const counts = JSON.parse(readFileSync(join(a, "manifest.json"), "utf8")).plugins;
  expect(counts.find((one: { name: string }) => one.name === "loki").counts.entries).toBeGreaterThan(100);
  expect((await command(cwd, "snapshots", "diff", `offsite:${name}`, kept)).exitCode).toBe(0);
  const metrics = ["--to", "openmetrics", "-o"];
  await command(cwd, "snapshots", "convert", `offsite:${name}`, ...metrics, "a");
  await command(cwd, "snapshots", "convert", kept, ...metrics, "b");
  expect(readFileSync(join(cwd, "a"))).toEqual(readFileSync(join(cwd, "b")));
});

test("what is exported is copied to the places of the configuration; one that fails is told, and gets it next time", async () => {
  const more = `${STORES}  usb: { plugin: directory, path: ./usb }\ncopies: [usb, offsite]\n`;
  const cwd = labProject(lab, { more, only: ["loki"] });
  writeFileSync(join(cwd, "usb"), "not a directory");
  const first = await json(cwd, "export", "--all");
  expect([first.exitCode, first.stderr]).toEqual([3, expect.stringMatching(/not copied: to usb: .*\/usb/)]);
  const { name } = first.printed.snapshot;
  expect(first.printed).toMatchObject({
    status: "complete",
    copied: [
      { place: "usb", snapshots: [], reason: expect.stringContaining("usb") },
      { place: "offsite", snapshots: [{ name }] },
    ],
  });
  const events = eventsIn((await command(cwd, "audit", "--json")).stdout);
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "export started",
    "copy started",
    "audit_keygen success",
    "copy failed",
    "copy started",
    "copy success",
    "export partial",
  ]);
  expect(events.at(-1)?.details.not_copied).toBe("usb");
  rmSync(join(cwd, "usb"));
  const second = await json(cwd, "export", "--since-last");
  expect([second.exitCode, second.stderr]).toEqual([0, expect.stringContaining("copied 2 snapshots to usb")]);
  expect(readdirSync(join(cwd, "usb")).filter((one) => !one.startsWith("."))).toHaveLength(2);
  expect((await command(cwd, "verify", "usb:latest")).exitCode).toBe(0);
});

test("a copy to something that is no store is a mistake of the configuration", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${STORES}copies: [ofsite]\n` });
  const { exitCode, stdout } = await command(cwd, "config", "check");
  expect([exitCode, stdout]).toEqual([2, expect.stringContaining('there is no store called "ofsite"')]);
  expect(stdout).toContain("did you mean offsite?");
});

test("what only a copy holds is not exported again, and nothing is said to be in no snapshot", async () => {
  const cwd = labProject(lab, { more: STORES, only: ["loki"] });
  await command(cwd, "export", "--all");
  const name = "20260124-143000"; // the next one may begin within the same second
  renameSync(join(cwd, "backups", readdirSync(join(cwd, "backups"))[0] ?? ""), join(cwd, "backups", name));
  const before = await json(cwd, "inventory");
  await command(cwd, "snapshots", "copy", "latest", "--to", "offsite");
  rmSync(join(cwd, "backups"), { recursive: true });
  const warningsOf = ({ printed }: Awaited<ReturnType<typeof json>>): string[] =>
    printed.warnings.map(({ message }: { message: string }) => message);
  expect(warningsOf(await json(cwd, "inventory"))).toEqual(warningsOf(before));
  const again = await json(cwd, "export", "--since-last");
  expect(again.printed.backends).toMatchObject([{ backend: "loki", parent: name }]);
  const chain = await json(cwd, "verify", "latest");
  expect([chain.exitCode, chain.printed.snapshots.length], chain.stderr).toEqual([0, 2]);
});

test("what lies in a place that the configuration does not name any more counts for nothing, and is not damaged", async () => {
  const { cwd, name, path } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  rmSync(path, { recursive: true });
  const config = join(cwd, "contextcore.yaml");
  const named = (place: string) =>
    writeFileSync(config, `name: shop\n${STORES.replace("offsite:", `${place}:`)}`);
  named("vault");
  const forgotten = await json(cwd, "snapshots", "list");
  expect([forgotten.exitCode, forgotten.printed.snapshots, forgotten.printed.unreadable]).toEqual([
    3,
    [],
    [
      expect.objectContaining({
        path: "offsite",
        reason: expect.stringContaining("1 copy there counts for nothing"),
      }),
    ],
  ]);
  expect((await command(cwd, "verify", "latest")).exitCode).toBe(2);
  await command(cwd, "snapshots", "list", "--place", "vault");
  const moved = await json(cwd, "snapshots", "list");
  expect([moved.exitCode, moved.printed.snapshots[0].places[0].place]).toEqual([0, "vault"]);
  named("offsite");
  const again = (await json(cwd, "snapshots", "list")).printed.snapshots[0].places;
  expect(again).toMatchObject([{ place: "offsite", sound: true, proved: expect.any(String) }]);
});
