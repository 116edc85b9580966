/** The npm package of the contract, as somebody's project has it in its node_modules. */
import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";

const root = resolve(import.meta.dir, "../..");

function spawn(command: readonly string[], cwd: string) {
  const { stdout, stderr, exitCode } = Bun.spawnSync([...command], { cwd, stdout: "pipe", stderr: "pipe" });
  return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode };
}

test("a plugin that depends on it has types and runs", () => {
  const home = temporaryDirectory();
  const place = join(home, "node_modules/contextcore");
  const made = spawn([process.execPath, join(root, "scripts/package.ts"), "--output", place], root);
  expect(made).toEqual({ stdout: `${place}\n`, stderr: "", exitCode: 0 });
  mkdirSync(join(home, "node_modules"), { recursive: true });
  symlinkSync(join(root, "node_modules/valibot"), join(home, "node_modules/valibot"));
  writeFileSync(
    join(home, "plugin.ts"),
    `import { CONTRACT_VERSION, definePlugin, option, PluginError, v } from "contextcore";
     const plugin = definePlugin({ name: "acme/x", about: "X", options: v.object({ ...option.serverOptions("http://x") }) });
     const wrong: number = v.parse(plugin.options, {}).url;
     console.log(CONTRACT_VERSION, wrong, new PluginError("refused", "no").kind);`,
  );
  expect(spawn([process.execPath, "plugin.ts"], home).stdout).toBe("1 http://x refused\n");
  const flags = [
    "--noEmit",
    "--strict",
    "--module",
    "preserve",
    "--target",
    "esnext",
    "--skipLibCheck",
    "--types",
    "bun",
  ];
  const types = ["--typeRoots", join(root, "node_modules/@types"), "plugin.ts"];
  const checked = spawn(
    [process.execPath, join(root, "node_modules/typescript/bin/tsc"), ...flags, ...types],
    home,
  );
  expect(checked.stdout.trim().split("\n")).toEqual([
    expect.stringMatching(
      /^plugin\.ts\(3,12\): error TS2322: Type 'string' is not assignable to type 'number'/,
    ),
  ]);
});
