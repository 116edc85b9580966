/** What a release says of itself; that it builds the same twice is checked by `make release`, which builds it. */
import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { toManual } from "../../scripts/release/manual.ts";
import { toSbom } from "../../scripts/release/sbom.ts";
import { buildArguments, runsHere, TARGETS } from "../../scripts/release/targets.ts";
import { ROOT } from "../../src/commands/registry.ts";
import { PACKAGES } from "../../src/licenses/packages.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

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
  for (const target of TARGETS) {
    const words = buildArguments(manifest.scripts.build, target, "/out/x");
    expect(words.slice(-3)).toEqual([`--target=${target.bun}`, "--outfile", "/out/x"]);
    expect(words).toContain("--no-compile-autoload-dotenv");
    expect(words).toContain("--no-compile-autoload-bunfig");
  }
  expect(() => buildArguments("bun run x", TARGETS[0] ?? { bun: "bun-x", file: "" }, "/x")).toThrow("is not");
  expect(TARGETS.filter(runsHere).length).toBeGreaterThan(0);
});

describe("the manual page", () => {
  test("has every command, flag and exit code", async () => {
    const page = await toManual(ROOT, "1.2.3", "2026-01-24");
    expect(page).toStartWith('.TH CONTEXTCORE 1 "2026-01-24" "contextcore 1.2.3" "User Commands"\n');
    for (const heading of ["export", "audit verify", "plugin check \\fIPATH\\fR", "snapshots prune"])
      expect(page).toContain(`.SS contextcore ${heading}`);
    expect(page).toContain("\\fB\\-\\-no\\-traces\\fR");
    expect(page).toContain(".TP\n.B 130\n");
    // Nothing but requests may begin with a dot.
    expect(page.split("\n").filter((line) => /^\.(?!TH|SH|SS|TP|PP|EX|EE|B |I )/.test(line))).toEqual([]);
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
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(PACKAGES)));
  for (const { text } of PACKAGES) expect(text.length).toBeGreaterThan(300);
  expect(PACKAGES.every(({ text }) => /copyright|licen[cs]e/i.test(text))).toBe(true);
});
