/** What a release says of itself; that it builds the same twice is checked by `make release`, which builds it. */
import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { buildWords } from "../../scripts/build.ts";
import { toSbom } from "../../scripts/release/sbom.ts";
import { compareSizes, readSizes } from "../../scripts/release/sizes.ts";
import { type Machine, runnerOf, TARGETS } from "../../scripts/release/targets.ts";
import { toManual } from "../../src/commands/man/manual.ts";
import { ROOT } from "../../src/dispatch/commands.ts";
import { PACKAGES } from "../../src/licenses/packages.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { needPrograms } from "../support/programs.ts";

test("every target that the project promises, built with the flags of `make build`", () => {
  expect(TARGETS.map(({ bun }) => bun.slice(4))).toEqual([
    "linux-x64",
    "linux-x64-baseline",
    "linux-arm64",
    "linux-x64-musl",
    "linux-arm64-musl",
    "darwin-arm64",
    "darwin-x64",
    "windows-x64",
  ]);
  for (const { bun } of TARGETS) {
    const words = buildWords("/out/x", bun);
    expect(words.slice(-3)).toEqual([`--target=${bun}`, "--outfile", "/out/x"]);
    expect(words).toContain("--no-compile-autoload-dotenv");
    expect(words).toContain("--no-compile-autoload-bunfig");
  }
});

describe("a target is run where that is possible:", () => {
  const debian: Machine = {
    os: "linux",
    arch: "x64",
    qemuRoot: "/usr/aarch64-linux-gnu",
    qemu: () => undefined,
    has: (path) => path === "/lib64/ld-linux-x86-64.so.2",
  };
  const runnable = (machine: Machine) =>
    TARGETS.flatMap((target) => {
      const runner = runnerOf(target, machine);
      return runner === undefined ? [] : [[...runner, target.bun.slice(4)].join(" ")];
    });

  test("on Debian both glibc builds, and under QEMU with libraries that of the other processor", () => {
    expect(runnable(debian)).toEqual(["linux-x64", "linux-x64-baseline"]);
    const qemu = { ...debian, qemu: (arch: string) => `/usr/bin/qemu-for-${arch}` };
    expect(runnable(qemu)).toEqual(["linux-x64", "linux-x64-baseline"]);
    const whole = (path: string) =>
      debian.has(path) || path === "/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1";
    expect(runnable({ ...qemu, has: whole })).toEqual([
      "linux-x64",
      "linux-x64-baseline",
      "/usr/bin/qemu-for-arm64 linux-arm64",
    ]);
  });

  test("on Alpine the musl build, but not with the loader alone", () => {
    const loader = "/lib/ld-musl-x86_64.so.1";
    expect(runnable({ ...debian, has: (path) => path === loader })).toEqual([]);
    const both = [loader, "/usr/lib/libstdc++.so.6"];
    expect(runnable({ ...debian, has: (path) => both.includes(path) })).toEqual(["linux-x64-musl"]);
  });

  test("on a Mac and on Windows their own", () => {
    expect(runnable({ ...debian, os: "darwin", arch: "arm64" })).toEqual(["darwin-arm64"]);
    expect(runnable({ ...debian, os: "windows" })).toEqual(["windows-x64"]);
  });

  test("this machine runs one at least", () => {
    expect(TARGETS.filter((target) => runnerOf(target) !== undefined).length).toBeGreaterThan(0);
  });
});

describe("sizes", () => {
  test("are compared with the last release's, what is new and what is gone included", () => {
    const now = new Map([
      ["a", 110_250_000],
      ["b", 99_000_000],
      ["c", 5_000_000],
    ]);
    expect(
      compareSizes(
        now,
        { version: "1.0.0", files: { a: 110_000_000, b: 100_000_000, d: 1_000_000 } },
        "1.1.0",
      ),
    ).toEqual([
      "a: 110.3 MB, +250 kB (+0.23 %) against 1.0.0",
      "b: 99.0 MB, -1000 kB (-1.00 %) against 1.0.0",
      "c: 5.0 MB, new since 1.0.0",
      "d: not built now, 1.0 MB in 1.0.0",
    ]);
  });

  test("that were recorded for the version that is being built are of no release", () => {
    const now = new Map([["a", 100_000_000]]);
    expect(compareSizes(now, { version: "1.0.0", files: { a: 100_000_000, b: 1_000_000 } }, "1.0.0")).toEqual(
      [
        "a: 100.0 MB, +0 kB (+0.00 %) against an earlier build of 1.0.0",
        "b: not built now, 1.0 MB in an earlier build of 1.0.0",
      ],
    );
  });

  test("are recorded for every target", () => {
    const { version, files } = readSizes(
      new URL("../../scripts/release/sizes.json", import.meta.url).pathname,
    );
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Object.keys(files)).toEqual(TARGETS.map(({ file }) => file));
    for (const bytes of Object.values(files)) expect(bytes).toBeWithin(50_000_000, 200_000_000);
  });
});

describe("the manual page", () => {
  test("has every command, flag and exit code", async () => {
    const page = await toManual(ROOT, "1.2.3");
    expect(page).toStartWith('.TH CONTEXTCORE 1 "" "contextcore 1.2.3" "User Commands"\n');
    for (const heading of ["export", "audit verify", "plugin check \\fIPATH\\fR", "snapshots prune"])
      expect(page).toContain(`.SS contextcore ${heading}`);
    expect(page).toContain("\\fB\\-\\-no\\-traces\\fR");
    expect(page).toContain(".TP\n.B 130\n");
    // Nothing but requests may begin with a dot.
    expect(page.split("\n").filter((line) => /^\.(?!TH|SH|SS|TP|PP|EX|EE|br|B |I )/.test(line))).toEqual([]);
  });

  test("is printed by `contextcore man`, the one that is released", async () => {
    const { stdout, stderr, exitCode } = await run(["man"], { cwd: temporaryDirectory() });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toBe(await toManual(ROOT, manifest.version));
    needPrograms("man");
    const shown = Bun.spawnSync(["man", "-l", "-"], { stdin: new Blob([stdout]), stderr: "pipe" });
    expect({ exitCode: shown.exitCode, stderr: shown.stderr.toString() }).toEqual({
      exitCode: 0,
      stderr: "",
    });
    expect(shown.stdout.toString()).toContain("contextcore snapshots prune");
  });
});

describe("the bill of materials", () => {
  const input = {
    version: "1.2.3",
    created: "2026-01-24T14:30:00Z",
    sums: new Map([["contextcore-linux-x64", "ab".repeat(32)]]),
  };
  const document = JSON.parse(toSbom(input));

  test("is the same for the same input, and every relationship leads somewhere", () => {
    expect(toSbom(input)).toBe(toSbom(input));
    const ids = [document, ...document.packages, ...document.files].map(
      ({ SPDXID }: { SPDXID: string }) => SPDXID,
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    for (const { spdxElementId, relatedSpdxElement } of document.relationships) {
      expect(ids).toContain(spdxElementId);
      expect(ids).toContain(relatedSpdxElement);
    }
  });

  test("names every dependency with its version and licence", () => {
    const named = new Map(
      document.packages.map((one: Record<string, string>) => [one.name, one.versionInfo]),
    );
    expect(named.get("bun")).toBe(manifest.devDependencies.bun);
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(named.get(name)).toBe(version);
    for (const { licenseDeclared } of document.packages)
      expect(licenseDeclared).toMatch(/^[\w.-]+( AND [\w.-]+)*$/);
  });
});

test("`contextcore licenses` has the text of every licence", async () => {
  const { stdout, exitCode } = await run(["licenses", "--json"], { cwd: temporaryDirectory() });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout).packages).toEqual(JSON.parse(JSON.stringify(PACKAGES)));
  for (const { text } of PACKAGES) expect(text.length).toBeGreaterThan(300);
  expect(PACKAGES.every(({ text }) => /copyright|licen[cs]e/i.test(text))).toBe(true);
});
