/** The container's root tree: assembled as the image has it, and run without a daemon, as a user without rights. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { VERSION } from "../../src/version.ts";
import { atEnd } from "../support/at-end.ts";
import { binary } from "../support/binary.ts";
import { debianProgram } from "../support/debian.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { QUIET_PROJECT } from "../support/service.ts";

setDefaultTimeout(60_000);

const root = resolve(import.meta.dir, "../..");
const BWRAP = debianProgram({ package: "bubblewrap", program: "bwrap" });

const tree = join(temporaryDirectory(), "root");
const made = Bun.spawnSync([join(root, "scripts/container-root.sh"), binary, tree], { stderr: "pipe" });
if (made.exitCode !== 0) throw new Error(`${made.stderr}`);

/** The program in that root, as the container file runs it: no rights, its root read-only, two directories mounted. */
function contained(project: string, home: string, ...args: readonly string[]): readonly string[] {
  return [
    BWRAP,
    ...["--ro-bind", tree, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...["--bind", project, "/project", "--bind", home, "/var/lib/contextcore", "--chdir", "/project"],
    ...[
      "--unshare-user",
      "--unshare-pid",
      "--unshare-ipc",
      "--uid",
      "1000",
      "--gid",
      "1000",
      "--cap-drop",
      "ALL",
    ],
    ...["--clearenv", "--setenv", "CONTEXTCORE_HOME", "/var/lib/contextcore", "--die-with-parent"],
    ...["--", "/usr/local/bin/contextcore", ...args],
  ];
}

function runIn(project: string, home: string, ...args: readonly string[]) {
  const { stdout, stderr, exitCode } = Bun.spawnSync([...contained(project, home, ...args)], {
    stderr: "pipe",
  });
  return { stdout: `${stdout}`, stderr: `${stderr}`, exitCode };
}

test("nothing is in it but the program and what it needs", () => {
  const files = [...new Bun.Glob("**/*").scanSync({ cwd: tree })].sort();
  const libraries = files.filter((path) => path.startsWith("lib"));
  expect(files.filter((path) => !path.startsWith("lib"))).toEqual([
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "usr/local/bin/contextcore",
  ]);
  expect(libraries.every((path) => /\/(lib(c|m|dl|pthread)\.so\.\d+|ld-linux[\w.-]+)$/.test(path))).toBe(
    true,
  );
  expect(libraries.length).toBeGreaterThan(2);
  expect(readdirSync(tree).sort()).toEqual([
    "dev",
    "etc",
    "lib",
    "lib64",
    "proc",
    "project",
    "tmp",
    "usr",
    "var",
  ]);
});

test("a directory that is not empty is left alone, and so is a program that is none", () => {
  const script = join(root, "scripts/container-root.sh");
  const taken = temporaryDirectory({ "kept.txt": "mine" });
  const over = Bun.spawnSync([script, binary, taken], { stderr: "pipe" });
  expect([over.exitCode, `${over.stderr}`]).toEqual([1, expect.stringContaining("not empty")]);
  expect(readdirSync(taken)).toEqual(["kept.txt"]);
  const none = Bun.spawnSync([script, join(taken, "kept.txt"), join(taken, "x")], { stderr: "pipe" });
  expect([none.exitCode, existsSync(join(taken, "x"))]).toEqual([1, false]);
});

test("commands work in it, and keep to the two directories", () => {
  const [project, home] = [temporaryDirectory({ "contextcore.yaml": QUIET_PROJECT }), temporaryDirectory()];
  expect(runIn(project, home, "version").stdout).toContain(VERSION);
  expect(runIn(project, home, "audit", "keygen")).toMatchObject({ exitCode: 0 });
  expect(runIn(project, home, "audit", "-n", "1").stdout).toContain("contextcore@");
  expect(readdirSync(home).sort()).toContain("audit.log");
  const out = runIn(project, home, "metrics", "--textfile", "/etc/metrics.prom");
  expect([out.exitCode, out.stderr]).toEqual([1, expect.stringContaining("/etc/metrics.prom")]);
});

test("the service runs in it and ends when it is told to", async () => {
  const [project, home] = [temporaryDirectory({ "contextcore.yaml": QUIET_PROJECT }), temporaryDirectory()];
  const info = join(temporaryDirectory(), "info.json");
  // The first process of its namespace, as in a container: whose signals are its own to handle.
  const keeper = ["--as-pid-1", "--info-fd", "3"];
  const [program = "", ...rest] = contained(project, home, "serve", "--listen", "127.0.0.1:0");
  const child = Bun.spawn(["sh", "-c", 'exec "$@" 3>"$0"', info, program, ...keeper, ...rest], {
    stderr: "pipe",
    stdin: "ignore",
  });
  atEnd(() => child.kill("SIGKILL"));
  let log = "";
  let url = "";
  for await (const piece of child.stderr) {
    log += new TextDecoder().decode(piece);
    [url = ""] = /http:\/\/[\d.]+:\d+/.exec(log) ?? [];
    if (url !== "") break;
  }
  expect(await (await fetch(`${url}/api/ready`)).json()).toMatchObject({ ready: true });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain(`contextcore_build_info{version="${VERSION}"} 1\n`);
  expect(statSync(join(project, ".contextcore/admin-token")).mode & 0o777).toBe(0o600);
  const token = readFileSync(join(project, ".contextcore/admin-token"), "utf8").trim();
  expect(log).not.toContain(token);
  const inner: { readonly "child-pid": number } = JSON.parse(readFileSync(info, "utf8"));
  process.kill(inner["child-pid"], "SIGTERM");
  expect(await child.exited).toBe(0);
});
