/** A place with very many objects is looked at and pruned without holding them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateKey } from "../../src/audit/format/note.ts";
import { formatCopy } from "../../src/copies/format/copy-file.ts";
import { fakeBackend } from "../export/fake-backend.ts";
import { runExport } from "../export/run.ts";
import { cleanEnv, measure } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(600_000);

const COPIES = 80;
const OBJECTS = 3_000;

/** A place with copies of one snapshot under many names. @returns whose key has signed them */
async function crowdedPlace(cwd: string): Promise<string> {
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    "stores: { offsite: { plugin: directory, path: ./offsite } }\n",
  );
  const { path, manifest } = await runExport(join(cwd, "made"), [fakeBackend({ objects: OBJECTS })]);
  const key = generateKey("contextcore/audit/host/shop");
  const objects = [...new Bun.Glob("**/*").scanSync(path)].sort().map((name) => {
    const content = readFileSync(join(path, name));
    return {
      name,
      bytes: content.length,
      sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
    };
  });
  const claims = { tool: "a test", created: "2026-01-24T15:00:00Z", host: "host", user: "user", objects };
  for (let number = 0; number < COPIES; number += 1) {
    const snapshot = `20260124-1${Math.floor(number / 60)}${String(number % 60).padStart(2, "0")}00`;
    const folder = join(cwd, "offsite", snapshot);
    for (const directory of new Set(objects.map(({ name }) => dirname(name))))
      mkdirSync(join(folder, directory), { recursive: true });
    for (const { name } of objects) linkSync(join(path, name), join(folder, name));
    const copy = formatCopy({ ...claims, snapshot, manifest: manifest.sha256 }, key);
    writeFileSync(join(folder, "copy.json"), copy);
  }
  rmSync(path, { recursive: true });
  return key.verifier;
}

test("240,000 objects are listed and planned for in 150 MB beside the process", async () => {
  const cwd = temporaryDirectory();
  const options = { cwd, env: cleanEnv(cwd) };
  const key = await crowdedPlace(cwd);
  const alone = await measure(["snapshots", "list"], options);
  const peaks: number[] = [];
  const asked = async (...args: readonly string[]) => {
    const { stdout, stderr, exitCode, peakBytes } = await measure(["snapshots", ...args, "--json"], options);
    expect(exitCode, stderr).toBe(0);
    peaks.push(peakBytes - alone.peakBytes);
    return JSON.parse(stdout);
  };
  const { snapshots } = await asked("list", "--place", "offsite", "--key", key);
  expect(snapshots).toHaveLength(COPIES);
  const pruned = ["prune", "--place", "offsite", "--key", key, "--keep-last", "3", "--dry-run"];
  expect(JSON.stringify(await asked(...pruned))).toContain("20260124-100000");
  // Now each of them is known here with its manifest.
  expect((await asked("list")).snapshots).toHaveLength(COPIES);
  expect(peaks.filter((bytes) => bytes > 150e6)).toEqual([]);
});
