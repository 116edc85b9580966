/** What cannot be read costs itself, and nothing else of the directory. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, cleanEnv } from "../../support/binary.ts";
import { inside, project } from "./project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

/** Root may read everything: without these rights it is as anybody else. */
const AS_ANYBODY =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : [];

/** An export by somebody who may not read everything. */
function exportedBy(user: readonly string[], cwd: string, ...args: readonly string[]) {
  const command = [...user, binary, "export", "--all", "--json", ...args];
  const { exitCode, stdout } = Bun.spawnSync(command, { cwd, env: cleanEnv(cwd), stderr: "ignore" });
  const result = JSON.parse(stdout.toString());
  return { exitCode, etc: result.backends[0], path: String(result.snapshot.path) };
}

test("a file and a directory that this user may not read are named, and all others are saved", async () => {
  const { cwd, tree } = project();
  for (const name of ["a", "closed/x", "m", "z/last"]) {
    mkdirSync(join(tree, name, ".."), { recursive: true });
    writeFileSync(join(tree, name), name);
  }
  for (const name of ["closed", "m"]) chmodSync(join(tree, name), 0);
  const { exitCode, etc, path } = exportedBy(AS_ANYBODY, cwd);
  chmodSync(join(tree, "closed"), 0o700);
  expect([exitCode, etc.counts.files, etc.problems]).toEqual([
    3,
    2,
    [
      expect.objectContaining({
        reason: expect.stringContaining("permission denied"),
        items: ["closed", "m"],
      }),
    ],
  ]);
  rmSync(tree, { recursive: true });
  expect((await inside(cwd, "restore", path, "--yes")).exitCode).toBe(0);
  expect(readdirSync(tree, { recursive: true }).sort()).toEqual(["a", "z", "z/last"]);
});

/** Some of what the kernel shows here is a file that cannot be read: as on a disk that fails, but everywhere. */
const FAILING = "/sys/devices/virtual/net/lo";
const isFailing = (name: string): boolean => {
  try {
    readFileSync(join(FAILING, name));
    return false;
  } catch {
    return true;
  }
};

test.skipIf(!existsSync(join(FAILING, "duplex")) || !isFailing("duplex"))(
  "a file that fails while it is read is named, and `tar` still finds what comes after it",
  () => {
    const { cwd } = project();
    const { exitCode, etc, path } = exportedBy([], cwd, "--set", `backends.etc.path=${FAILING}`);
    const named = etc.problems.flatMap(({ items }: { items: string[] }) => items);
    expect([exitCode, named]).toEqual([3, expect.arrayContaining(["duplex"])]);
    expect(etc.counts.files).toBeGreaterThan(20);
    const [archive = ""] = readdirSync(join(path, "files")).filter((name) => name.endsWith(".tar"));
    const tar = Bun.spawnSync(["tar", "-tf", join(path, "files", archive)]);
    expect([tar.exitCode, tar.stderr.toString()]).toEqual([0, ""]);
    expect(tar.stdout.toString()).toMatch(/duplex\n.*mtu\n.*\.\/\n$/s);
  },
);
