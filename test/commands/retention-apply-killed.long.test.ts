/** Killed at any instant while it lets go: what is there is an old snapshot or its successor, whole, and another run ends as if nothing had been. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { clockOff } from "../support/clock.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { STORES } from "./copied.ts";

setDefaultTimeout(600_000);

const KILLS = 20;
const PLACES = ["backups", "offsite", "usb"] as const;
const NAMES = /^\d{8}-\d{6}(-\d+)?$/;

/** Two snapshots in three places: of one all goes, of the other one backend's data; the third place keeps all of it. */
async function project() {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\n${STORES}  usb: { plugin: directory, path: ./usb }\nretention: { of: { places: { usb: important } } }\n`,
  });
  const all = { logs: "transient", traces: "transient", metrics: "transient" };
  const gone = basename(await smallSnapshot(join(cwd, "backups"), { classes: all }));
  const left = basename(
    await smallSnapshot(join(cwd, "backups"), { classes: { ...all, traces: "critical" }, entries: 30 }),
  );
  for (const name of [gone, left])
    for (const place of ["offsite", "usb"])
      expect((await run(["snapshots", "copy", name, "--to", place], { cwd })).exitCode).toBe(0);
  return { cwd, gone, left };
}

const env = clockOff("+31d");
const APPLY = ["retention", "apply", "--yes", "--only", "snapshots"];

const namesIn = (cwd: string, folder: string): string[] =>
  existsSync(join(cwd, folder))
    ? readdirSync(join(cwd, folder))
        .filter((name) => NAMES.test(name) && (folder === "backups" || isCopy(join(cwd, folder, name))))
        .sort()
    : [];
const isCopy = (path: string): boolean => existsSync(join(path, "copy.json"));

/** What interrupted removals and rewritings have left. */
const everythingIn = (cwd: string): string[] =>
  PLACES.flatMap((folder) =>
    readdirSync(join(cwd, folder))
      .filter((name) => /\d{8}-\d{6}/.test(name) && !namesIn(cwd, folder).includes(name))
      .map((name) => join(folder, name)),
  );

/** Every snapshot that counts is whole. */
async function expectSound(cwd: string): Promise<void> {
  const { snapshots, superseded = [] } = await readKept(join(cwd, "backups"));
  for (const { path } of [...snapshots, ...superseded]) {
    const { flaws } = await verifySnapshot(path);
    expect(flaws).toEqual([]);
  }
  for (const place of ["offsite", "usb"] as const)
    for (const name of namesIn(cwd, place)) {
      const verified = await run(["verify", `${place}:${name}`], { cwd });
      expect(verified.exitCode, verified.stderr).toBe(0);
    }
}

test("kill -9 at any instant, and once more", async () => {
  const whole = await project();
  const began = performance.now();
  expect((await run(APPLY, { cwd: whole.cwd, env })).exitCode).toBe(0);
  const took = performance.now() - began;
  rmSync(whole.cwd, { recursive: true });
  const states = new Set<string>();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { cwd, gone, left } = await project();
    const child = Bun.spawn([binary, ...APPLY], {
      cwd,
      env: { ...cleanEnv(cwd), ...env },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await Bun.sleep((took * kill) / KILLS);
    child.kill("SIGKILL");
    await child.exited;
    states.add(JSON.stringify(PLACES.map((place) => namesIn(cwd, place))).replaceAll(/\d{8}-\d{6}/g, "T"));
    await expectSound(cwd);
    const again = await run(APPLY, { cwd, env });
    expect(again.exitCode, again.stderr).toBe(0);
    expect(everythingIn(cwd)).toEqual([]);
    const [here, offsite, usb] = PLACES.map((place) => namesIn(cwd, place));
    expect([here?.length, offsite, usb]).toEqual([1, here, [gone, left].sort()]);
    const { plugins } = await Bun.file(join(cwd, "offsite", here?.[0] ?? "", "manifest.json")).json();
    expect(plugins.map(({ name }: { name: string }) => name)).toEqual(["traces"]);
    await expectSound(cwd);
    const nothing = await run(APPLY, { cwd, env });
    expect([nothing.exitCode, nothing.stderr]).toEqual([0, expect.stringContaining("nothing was let go")]);
    rmSync(cwd, { recursive: true });
  }
  // Not every kill came before it began, or after it had ended.
  expect(states.size).toBeGreaterThan(2);
});
