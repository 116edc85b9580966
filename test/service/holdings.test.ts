/** What is held, for whoever asks a service again and again: one reading at a time, a pause after a failure, and never another's answer. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { createHoldings } from "../../src/service/holdings/holdings.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000);

const STORES = ["usb", "nas"].map((name) => `  ${name}: { plugin: directory, path: ./${name} }\n`).join("");

/** A service's, of a project. @param copies where its copies belong */
async function holdingsIn(cwd: string, copies: string) {
  const request = { directory: cwd, env: cleanEnv(cwd), signal: new AbortController().signal };
  const config = await loadConfig({ ...request, overrides: { copies } });
  // Of a caller it takes no more.
  const caller = { ...request, overrides: { copies } } as unknown as Parameters<typeof createHoldings>[0];
  return createHoldings(caller, config, () => undefined);
}

const project = (): string => {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nstores:\n${STORES}` });
  mkdirSync(join(cwd, "backups"));
  return cwd;
};

test("a service with other settings from elsewhere than the file is not told what an earlier one had read", async () => {
  const cwd = project();
  await smallSnapshot(join(cwd, "backups"));
  const placesOf = async (copies: string) =>
    (await (await holdingsIn(cwd, copies)).stock()).places.map(({ name, missing }) => [name, missing]);
  const [before, after] = [await placesOf("[usb]"), await placesOf("[nas]")];
  expect(after).not.toEqual(before);
  expect(await placesOf("[usb]")).toEqual(before);
});

test("a reading that fails is not tried again and again, and is as soon as something has changed", async () => {
  const cwd = project();
  const holdings = await holdingsIn(cwd, "[]");
  rmSync(join(cwd, "backups"), { recursive: true });
  symlinkSync("backups", join(cwd, "backups"));
  const failure = () => holdings.overview().catch((error: unknown) => error);
  const first = await failure();
  expect(first).toBeInstanceOf(Error);
  // The very same: no process was asked.
  expect(await failure()).toBe(first);
  rmSync(join(cwd, "backups"));
  mkdirSync(join(cwd, "backups"));
  await smallSnapshot(join(cwd, "backups"));
  expect(JSON.parse(await holdings.overview()).snapshots).toHaveLength(1);
});
