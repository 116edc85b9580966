/** What is past its time goes, and nothing else: told before, recorded, and by a clock that can be believed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { openTrail } from "../../src/audit/trail.ts";
import type { Manifest } from "../../src/snapshot/format/manifest.ts";
import { type SmallOptions, smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { clockOff } from "../support/clock.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";
import { STORES } from "./copied.ts";

setDefaultTimeout(120_000);

const ALL_TRANSIENT = { logs: "transient", traces: "transient", metrics: "transient" } as const;
const NAMES = /^\d{8}-\d{6}(-\d+)?$/;

/** A project without servers, with such a snapshot that lies here and in a place. */
async function saved(classes: NonNullable<SmallOptions["classes"]>, more = "") {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${STORES}${more}` });
  const name = basename(await smallSnapshot(join(cwd, "backups"), { classes }));
  const copied = await run(["snapshots", "copy", name, "--to", "offsite"], { cwd });
  expect(copied.exitCode, copied.stderr).toBe(0);
  return { cwd, name };
}

/** So much later. */
const apply = (cwd: string, off: string, ...args: string[]) =>
  run(["retention", "apply", ...args], { cwd, env: clockOff(off) });

const held = (cwd: string, folder: string): string[] =>
  existsSync(join(cwd, folder)) ? readdirSync(join(cwd, folder)).filter((name) => NAMES.test(name)) : [];
const manifestOf = (cwd: string, name: string, folder = "backups"): Promise<Manifest> =>
  Bun.file(join(cwd, folder, name, "manifest.json")).json();
const backendsOf = ({ plugins }: Manifest): string[] => plugins.map(({ name }) => name);
const everywhere = (cwd: string): string[][] => [held(cwd, "backups"), held(cwd, "offsite")];

test("a snapshot goes with its last class, here and in every place: not a day before, not without agreement, and not unrecorded", async () => {
  const { cwd, name } = await saved(ALL_TRANSIENT);
  const before = await apply(cwd, "+29d", "--yes");
  expect([before.exitCode, before.stderr]).toEqual([0, expect.stringContaining("nothing was let go")]);
  expect(everywhere(cwd)).toEqual([[name], [name]]);

  const looked = await apply(cwd, "+31d", "--dry-run");
  expect([looked.exitCode, looked.stderr]).toEqual([
    0,
    expect.stringContaining("nothing was let go (dry run)"),
  ]);
  expect(looked.stdout).toContain(`offsite:${name}`);
  expect(looked.stdout).toContain("logs is transient, kept for 30d, and 31d old");
  const unasked = await apply(cwd, "+31d");
  expect([unasked.exitCode, everywhere(cwd)]).toEqual([4, [[name], [name]]]);

  const done = await apply(cwd, "+31d", "--yes", "--json");
  expect(done.exitCode, done.stderr).toBe(0);
  expect(
    JSON.parse(done.stdout).due.map(({ kind, gone }: { kind: string; gone: boolean }) => [kind, gone]),
  ).toEqual([
    ["snapshot", true],
    ["copy", true],
  ]);
  expect(everywhere(cwd)).toEqual([[], []]);
  const events = eventsIn((await run(["audit", "--json"], { cwd })).stdout).slice(-2);
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    "retention_apply started",
    "retention_apply success",
  ]);
  expect(events[0]?.data_affected).toEqual([join(cwd, "backups", name), `offsite:${name}`]);

  const again = await apply(cwd, "+32d", "--yes");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("nothing was let go")]);
});

test("the newest snapshot that holds a configured backend whole stays, unless that is said", async () => {
  const { cwd, name } = await saved(
    ALL_TRANSIENT,
    "backends:\n  logs: { plugin: loki, url: http://127.0.0.1:1 }\n",
  );
  const kept = await apply(cwd, "+31d", "--dry-run", "--only", "snapshots");
  expect(kept.stdout).toContain("no newer snapshot holds logs whole");
  expect(everywhere(cwd)).toEqual([[name], [name]]);
  expect((await apply(cwd, "+31d", "--yes", "--newest")).exitCode).toBe(0);
  expect(everywhere(cwd)).toEqual([[], []]);
});

test("nothing is past its time by a clock that is behind what was recorded or saved", async () => {
  const { cwd, name } = await saved(ALL_TRANSIENT);
  const behind = await apply(cwd, "-1d", "--yes");
  expect([behind.exitCode, behind.stderr]).toEqual([4, expect.stringContaining("this machine's clock says")]);
  const only = await apply(cwd, "-1d", "--yes", "--only", "activity");
  expect(only.exitCode).toBe(4);
  expect(everywhere(cwd)).toEqual([[name], [name]]);
});

test("a place that cannot be reached is owed, and keeps nothing else", async () => {
  const { cwd, name } = await saved(ALL_TRANSIENT, "  vault: { plugin: directory, path: ./vault }\n");
  writeFileSync(join(cwd, "vault"), "no directory");
  const done = await apply(cwd, "+31d", "--yes");
  expect([done.exitCode, done.stdout]).toEqual([3, expect.stringContaining("vault")]);
  expect([everywhere(cwd), name]).toEqual([[[], []], name]);
  const again = await apply(cwd, "+31d", "--yes");
  expect([again.exitCode, again.stdout]).toEqual([3, expect.stringContaining("vault")]);
});

test("what an unfinished export continues stays, and nothing beside it", async () => {
  const { cwd, name } = await saved(ALL_TRANSIENT);
  const path = join(cwd, "backups", name, "manifest.json");
  const manifest = JSON.parse(await Bun.file(path).text());
  const partial = join(cwd, "backups", ".20990101-000000.partial");
  mkdirSync(partial);
  const { created, host, user, tool, range } = manifest;
  const plugins = [{ name: "logs", parent: { snapshot: name, sha256: manifest.sha256 }, range }];
  const request = { format: 1, tool, created, host, user, resumed: 0, plugins, failures: [] };
  writeFileSync(join(partial, "request.json"), JSON.stringify(request));
  const looked = await apply(cwd, "+31d", "--dry-run");
  expect(looked.stdout).toContain("an export that is not finished continues it");
  expect((await apply(cwd, "+31d", "--yes")).exitCode).toBe(0);
  expect(everywhere(cwd)).toEqual([[`${name}-2`], [`${name}-2`]]);
  expect(backendsOf(await manifestOf(cwd, `${name}-2`))).toEqual(["logs"]);
  writeFileSync(join(partial, "request.json"), JSON.stringify({ ...request, plugins: [] }));
  expect((await apply(cwd, "+31d", "--yes")).exitCode).toBe(0);
  expect(everywhere(cwd)).toEqual([[], []]);
});

/** Everything there, by path, with its content's hash. */
function bytesIn(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files.map((one) => {
      const path = join(one.parentPath, one.name);
      return [path.slice(folder.length + 1), Bun.SHA256.hash(readFileSync(path), "hex")];
    }),
  );
}

const MIXED = { logs: "transient", traces: "critical", metrics: "operational" } as const;
/** What a rewriting always writes anew. */
const BOOKS = /^(?:manifest\.json|blocks\.jsonl|copy\.json|SHA256SUMS)/;

test("one backend's data leaves the snapshot when its class is over, here and in every place, and the other files stay byte for byte", async () => {
  const { cwd, name } = await saved(MIXED);
  const before = bytesIn(join(cwd, "backups", name));
  const done = await apply(cwd, "+31d", "--yes", "--json");
  expect(done.exitCode, done.stderr).toBe(0);
  expect(JSON.parse(done.stdout).due.map(({ name: one }: { name: string }) => one)).toEqual([
    `${join(cwd, "backups", name)}: logs`,
  ]);
  expect(everywhere(cwd)).toEqual([[`${name}-2`], [`${name}-2`]]);
  for (const folder of ["backups", "offsite"]) {
    const manifest = await manifestOf(cwd, `${name}-2`, folder);
    expect(backendsOf(manifest)).toEqual(["traces", "metrics"]);
    expect(manifest.erased).toMatchObject([{ why: "retention", backends: ["logs"] }]);
    const after = bytesIn(join(cwd, folder, `${name}-2`));
    const left = [...before].filter(([path]) => !/^(?:logs|objects)/.test(path) && !BOOKS.test(path));
    expect(left.map(([path]) => path).sort()).toContain("traces.json");
    expect([...after].filter(([path]) => !BOOKS.test(path)).sort()).toEqual(left.sort());
  }
  const verified = await run(["verify", `offsite:${name}-2`], { cwd });
  expect(verified.exitCode, verified.stderr).toBe(0);
  const again = await apply(cwd, "+32d", "--yes");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("nothing was let go")]);
  const [event] = eventsIn((await run(["audit", "--json"], { cwd })).stdout).filter(
    ({ operation, outcome }) => `${operation} ${outcome}` === "retention_apply started",
  );
  expect((await manifestOf(cwd, `${name}-2`)).erased?.[0]?.event).toBe(event?.id ?? "");
  expect((await apply(cwd, "+366d", "--yes")).exitCode).toBe(0);
  expect(backendsOf(await manifestOf(cwd, `${name}-3`, "offsite"))).toEqual(["traces"]);
  expect((await apply(cwd, "+2556d", "--yes")).exitCode).toBe(0);
  expect(everywhere(cwd)).toEqual([[], []]);
});

test("a place with a class of its own keeps everything for that long, and what is erased there is erased from all of it", async () => {
  const { cwd, name } = await saved(
    MIXED,
    "  usb: { plugin: directory, path: ./usb }\nretention: { of: { places: { usb: operational } } }\n",
  );
  expect((await run(["snapshots", "copy", name, "--to", "usb"], { cwd })).exitCode).toBe(0);
  expect((await apply(cwd, "+31d", "--yes")).exitCode).toBe(0);
  expect([everywhere(cwd), held(cwd, "usb")]).toEqual([[[`${name}-2`], [`${name}-2`]], [name]]);
  const again = await apply(cwd, "+32d", "--yes");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("nothing was let go")]);
  // Erasing for a person must not take away what the place keeps beyond the others.
  const found = await run(["subject", "find", "--json"], { cwd, stdin: new Blob(["nobody-of-that-name"]) });
  expect(found.stdout, found.stderr).not.toContain("subject retry replaces it");
  expect((await apply(cwd, "+364d", "--yes")).exitCode).toBe(0);
  expect(backendsOf(await manifestOf(cwd, name, "usb"))).toEqual(["logs", "traces", "metrics"]);
  expect((await apply(cwd, "+366d", "--yes")).exitCode).toBe(0);
  expect([everywhere(cwd), held(cwd, "usb")]).toEqual([[[`${name}-3`], [`${name}-3`]], []]);
});

test("what is held stays as long as the hold stands; then it is due, and needs a plan of its own", async () => {
  const { cwd, name } = await saved(ALL_TRANSIENT);
  const hold = ["retention", "hold", "add", "lawsuit", "--all", "--no-export"];
  expect((await run(hold, { cwd })).exitCode).toBe(0);
  const kept = await apply(cwd, "+31d", "--yes");
  expect([kept.exitCode, kept.stdout]).toEqual([0, expect.stringContaining("held by lawsuit")]);
  expect(everywhere(cwd)).toEqual([[name], [name]]);
  expect((await run(["retention", "hold", "end", "lawsuit", "--yes"], { cwd })).exitCode).toBe(0);
  expect(everywhere(cwd)).toEqual([[name], [name]]);
  expect((await apply(cwd, "+31d")).exitCode).toBe(4);
  expect((await apply(cwd, "+31d", "--yes")).exitCode).toBe(0);
  expect(everywhere(cwd)).toEqual([[], []]);
});

test("runs of models and events of the trail go by their own times, each as its own event", async () => {
  const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
  const old = { modelAsked: "small", started: "2026-01-01T00:00:00Z", ended: "2026-01-01T00:01:00Z" };
  const stdin = new Blob([JSON.stringify(old)]);
  expect((await run(["activity", "record"], { cwd, stdin })).exitCode).toBe(0);
  const home = join(cwd, ".contextcore");
  let now = 0;
  const trail = openTrail({
    ...{
      file: join(home, "audit.jsonl"),
      home,
      project: "shop",
      clock: () => now,
      onWarning: () => undefined,
    },
  });
  for (const month of ["2025-01", "2025-02", "2025-03"]) {
    now = Date.parse(`${month}-10T12:00:00Z`);
    await trail.append({ operation: "export", outcome: "success" });
  }
  await trail.close();
  const done = await run(["retention", "apply", "--yes"], { cwd });
  expect(done.exitCode, done.stderr).toBe(0);
  const told = eventsIn((await run(["audit", "--json"], { cwd })).stdout).map(
    ({ operation, outcome }) => `${operation} ${outcome}`,
  );
  expect(told).toContain("activity_purge success");
  expect(told).toContain("audit_prune success");
  expect(told.at(-1)).toBe("retention_apply success");
  expect((await run(["activity", "list"], { cwd })).stdout).not.toContain("small");
  expect((await run(["audit", "verify"], { cwd })).exitCode).toBe(0);
});
