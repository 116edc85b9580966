/** The install script against a release that a local server holds; the program in it is a few lines of shell. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { TARGETS } from "../../scripts/release/targets.ts";
import { temporaryDirectory } from "../support/directory.ts";

const script = resolve(import.meta.dir, "../../scripts/install.sh");
const PROGRAM = "#!/bin/sh\necho 9.9.9\n";
const PAGE = '.TH CONTEXTCORE 1 "" "contextcore 9.9.9"\n';
const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

let files = new Map<string, Uint8Array>();
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    const found = files.get(new URL(request.url).pathname.slice(1));
    return found === undefined ? new Response("none", { status: 404 }) : new Response(new Uint8Array(found));
  },
});
afterAll(() => server.stop(true));

/** Every target, packed and plain, with its sums. */
function releaseOf(program: string): Map<string, Uint8Array> {
  const bytes = new TextEncoder().encode(program);
  const packed = Bun.gzipSync(bytes);
  const made = new Map(
    TARGETS.flatMap(({ file }) => [[file, bytes] as const, [`${file}.gz`, packed] as const]),
  );
  made.set("contextcore.1", new TextEncoder().encode(PAGE));
  const sums = [...made].map(([name, content]) => `${sha256(content)}  ${name}\n`).join("");
  return made.set("SHA256SUMS", new TextEncoder().encode(sums));
}

beforeEach(() => {
  files = releaseOf(PROGRAM);
});

async function install(env: Readonly<Record<string, string>> = {}, source = readFileSync(script, "utf8")) {
  const home = temporaryDirectory();
  const child = Bun.spawn(["sh", "-s"], {
    stdin: new Blob([source]),
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      TMPDIR: home,
      CONTEXTCORE_BASE_URL: server.url.origin,
      ...env,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { home, stdout, stderr, exitCode: await child.exited, path: join(home, ".local/bin/contextcore") };
}

test("it installs the build that fits, executable, for this user alone, and leaves nothing else behind", async () => {
  const { home, stdout, stderr, exitCode, path } = await install();
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  const page = join(home, ".local/share/man/man1/contextcore.1");
  expect(stdout).toStartWith(
    `contextcore 9.9.9 is installed as ${path}\nits manual page is ${page}\nadd it to your PATH:`,
  );
  expect(readFileSync(page, "utf8")).toBe(PAGE);
  expect(readFileSync(path, "utf8")).toBe(PROGRAM);
  expect(statSync(path).mode & 0o777).toBe(0o755);
  expect(readdirSync(join(home, ".local/bin"))).toEqual(["contextcore"]);
  expect(readdirSync(home)).toEqual([".local"]);
});

test("it replaces an older one, and says nothing of a PATH that is right", async () => {
  const bin = temporaryDirectory({ contextcore: "old" });
  const env = { CONTEXTCORE_BIN: bin, PATH: `${bin}:${process.env.PATH}` };
  const { stdout, home } = await install(env);
  const page = join(home, ".local/share/man/man1/contextcore.1");
  expect(stdout).toBe(`contextcore 9.9.9 is installed as ${bin}/contextcore\nits manual page is ${page}\n`);
  expect(readFileSync(join(bin, "contextcore"), "utf8")).toBe(PROGRAM);
});

test("CONTEXTCORE_MAN is the place of the manual page; where it cannot be written to, the program is installed", async () => {
  const place = temporaryDirectory({ file: "" });
  await install({ CONTEXTCORE_MAN: join(place, "pages") });
  expect(readFileSync(join(place, "pages/contextcore.1"), "utf8")).toBe(PAGE);
  const { stderr, exitCode, path } = await install({ CONTEXTCORE_MAN: join(place, "file") });
  expect({ stderr, exitCode }).toEqual({
    stderr: `its manual page was not installed: ${place}/file cannot be written to; CONTEXTCORE_MAN chooses another place\n`,
    exitCode: 0,
  });
  expect(existsSync(path)).toBe(true);
});

test.each(
  TARGETS.filter(({ file }) => !file.endsWith(".exe")).map(({ file }) => file.replace("contextcore-", "")),
)("CONTEXTCORE_TARGET=%s chooses that build", async (target) => {
  files = new Map(
    [...files].filter(
      ([name]) =>
        name === "SHA256SUMS" || name === "contextcore.1" || name.startsWith(`contextcore-${target}.`),
    ),
  );
  expect((await install({ CONTEXTCORE_TARGET: target })).exitCode).toBe(0);
});

describe("it installs nothing, says why, and exits 1 when", () => {
  const refused = async (message: RegExp, env: Readonly<Record<string, string>> = {}) => {
    const { home, stdout, stderr, exitCode } = await install(env);
    expect(stderr).toMatch(message);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(readdirSync(home)).toEqual([]);
  };

  test("the sum does not fit: one byte differs", async () => {
    for (const [name, bytes] of files) {
      if (name === "SHA256SUMS") continue;
      const changed = new Uint8Array(bytes);
      changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
      files.set(name, changed);
    }
    await refused(/has the SHA-256 [0-9a-f]{64}, and the release says [0-9a-f]{64}/);
  });

  test("the manual page is another", async () => {
    files.set("contextcore.1", new TextEncoder().encode(".TH"));
    await refused(/contextcore\.1 has the SHA-256 [0-9a-f]{64}, and the release says [0-9a-f]{64}/);
  });

  test("the download was cut", async () => {
    for (const [name, bytes] of files) if (name !== "SHA256SUMS") files.set(name, bytes.slice(0, 10));
    await refused(/has the SHA-256/);
  });

  test("the sums do not name it, or are not there", async () => {
    files.set("SHA256SUMS", new TextEncoder().encode(`${"0".repeat(64)}  contextcore-plan9-x64.gz\n`));
    await refused(/this release has no contextcore-/);
    files.delete("SHA256SUMS");
    await refused(/SHA256SUMS cannot be downloaded/);
  });

  test("the program does not run on this machine", async () => {
    files = releaseOf("#!/no/such/interpreter\n");
    await refused(/does not run on this machine/);
  });

  test("the place cannot be written to", async () => {
    const place = join(temporaryDirectory({ file: "" }), "file");
    await refused(/CONTEXTCORE_BIN chooses another place/, { CONTEXTCORE_BIN: place });
  });
});

test("a script that was cut on its way does nothing", async () => {
  const whole = readFileSync(script, "utf8");
  for (const part of [0.3, 0.6, 0.9, 0.99]) {
    const { home } = await install({}, whole.slice(0, Math.floor(whole.length * part)));
    expect(existsSync(join(home, ".local"))).toBe(false);
  }
});

test("it finds the build by what the machine says of itself", async () => {
  const bin = temporaryDirectory();
  mkdirSync(join(bin, "fake"));
  const machine = (os: string, arch: string): string => {
    const path = join(bin, "fake/uname");
    writeFileSync(path, `#!/bin/sh\ncase $1 in -s) echo ${os} ;; -m) echo ${arch} ;; esac\n`);
    chmodSync(path, 0o755);
    return `${join(bin, "fake")}:${process.env.PATH}`;
  };
  const only = (name: string): void => {
    files = new Map(
      [...releaseOf(PROGRAM)].filter(([file]) =>
        ["SHA256SUMS", "contextcore.1", `${name}.gz`].includes(file),
      ),
    );
  };
  for (const [os, arch, name] of [
    ["Darwin", "arm64", "contextcore-darwin-arm64"],
    ["Darwin", "x86_64", "contextcore-darwin-x64"],
    ["Linux", "aarch64", "contextcore-linux-arm64"],
  ] as const) {
    only(name);
    expect((await install({ PATH: machine(os, arch) })).exitCode).toBe(0);
  }
  expect((await install({ PATH: machine("Plan9", "x86_64") })).stderr).toContain(
    "there is no build for Plan9",
  );
  expect((await install({ PATH: machine("Linux", "riscv64") })).stderr).toContain(
    "there is no build for riscv64",
  );
});

describe("something in the way of the program", () => {
  const MADE: Readonly<Record<string, (path: string, elsewhere: string) => void>> = {
    "a directory": (path) => mkdirSync(path),
    "a link to a directory": (path, elsewhere) => symlinkSync(elsewhere, path),
  };
  test.each(Object.keys(MADE))("%s: nothing is installed, there or elsewhere, exit 1", async (what) => {
    const [bin, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    MADE[what]?.(join(bin, "contextcore"), elsewhere);
    const { stdout, stderr, exitCode } = await install({ CONTEXTCORE_BIN: bin });
    expect([exitCode, stdout, stderr]).toEqual([
      1,
      "",
      expect.stringContaining("is a directory, or a link to one"),
    ]);
    expect([readdirSync(bin), readdirSync(elsewhere)]).toEqual([["contextcore"], []]);
  });

  test("a link to a file is replaced, and the file stays", async () => {
    const bin = temporaryDirectory({ mine: "precious" });
    symlinkSync("mine", join(bin, "contextcore"));
    expect((await install({ CONTEXTCORE_BIN: bin })).exitCode).toBe(0);
    expect(readFileSync(join(bin, "contextcore"), "utf8")).toBe(PROGRAM);
    expect(readFileSync(join(bin, "mine"), "utf8")).toBe("precious");
  });

  test("a link to a directory in the way of the manual page gets nothing", async () => {
    const [man, elsewhere] = [temporaryDirectory(), temporaryDirectory()];
    symlinkSync(elsewhere, join(man, "contextcore.1"));
    const { stderr, exitCode } = await install({ CONTEXTCORE_MAN: man });
    expect([exitCode, stderr, readdirSync(elsewhere)]).toEqual([
      0,
      expect.stringContaining("was not installed"),
      [],
    ]);
  });
});

describe("the signature of the sums", () => {
  const keys = temporaryDirectory();
  for (const name of ["own", "other"])
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(keys, name)]);
  const publicKey = readFileSync(join(keys, "own.pub"), "utf8").trim();

  function sign(key: string, namespace = "contextcore-release"): void {
    const path = join(temporaryDirectory(), "SHA256SUMS");
    writeFileSync(path, files.get("SHA256SUMS") ?? "");
    const made = Bun.spawnSync(["ssh-keygen", "-Y", "sign", "-f", join(keys, key), "-n", namespace, path]);
    expect(made.exitCode).toBe(0);
    files.set("SHA256SUMS.sig", readFileSync(`${path}.sig`));
  }

  const refused = async (message: string): Promise<void> => {
    const { stderr, exitCode, path } = await install({ CONTEXTCORE_KEY: publicKey });
    expect([exitCode, stderr, existsSync(path)]).toEqual([1, expect.stringContaining(message), false]);
  };

  test("fits: it is installed", async () => {
    sign("own");
    const { stderr, exitCode } = await install({ CONTEXTCORE_KEY: publicKey });
    expect([exitCode, stderr]).toEqual([0, ""]);
  });

  test("is another's, of another purpose, of other sums, or is not there: nothing is installed", async () => {
    sign("other");
    await refused("SHA256SUMS is not signed with the key of this project");
    sign("own", "file");
    await refused("SHA256SUMS is not signed with the key of this project");
    sign("own");
    const evil = releaseOf("#!/bin/sh\necho evil\n").set(
      "SHA256SUMS.sig",
      files.get("SHA256SUMS.sig") ?? new Uint8Array(),
    );
    files = evil;
    await refused("SHA256SUMS is not signed with the key of this project");
    files.delete("SHA256SUMS.sig");
    await refused("SHA256SUMS.sig cannot be downloaded");
  });

  test("cannot be looked at without the tool: that is said, and the sums are checked as ever", async () => {
    const bin = temporaryDirectory();
    const tools = "sh curl awk sha256sum cut uname mktemp rm mv mkdir chmod cat ls grep gzip";
    for (const tool of tools.split(" ")) symlinkSync(Bun.which(tool) ?? "", join(bin, tool));
    sign("other");
    const { stderr, exitCode } = await install({ CONTEXTCORE_KEY: publicKey, PATH: bin });
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining("signature was not checked")]);
  });
});
