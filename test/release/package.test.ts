/** The npm package of the contract, as somebody's project has it in its node_modules. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
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
  // What `npm install` would put beside it.
  const { dependencies } = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
  mkdirSync(join(home, "node_modules/@types"));
  for (const name of Object.keys(dependencies))
    symlinkSync(join(root, "node_modules", name), join(home, "node_modules", name));
  writeFileSync(
    join(home, "plugin.ts"),
    `import { CONTRACT_VERSION, definePlugin, option, PluginError, v } from "contextcore";
     const plugin = definePlugin({ name: "acme/x", about: "X", options: v.object({ ...option.serverOptions("http://x") }) });
     const wrong: number = v.parse(plugin.options, {}).url;
     export const signal: number = new AbortController().signal;
     console.log(CONTRACT_VERSION, wrong, new PluginError("refused", "no").kind);`,
  );
  expect(spawn([process.execPath, "plugin.ts"], home).stdout).toBe("1 http://x refused\n");
  const compilerOptions = { noEmit: true, strict: true, module: "preserve", target: "esnext" };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["plugin.ts"] }));
  const checked = spawn([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", "."], home);
  expect(checked.stdout.trim().split("\n")).toEqual([
    expect.stringMatching(
      /^plugin\.ts\(3,12\): error TS2322: Type 'string' is not assignable to type 'number'/,
    ),
    expect.stringMatching(/^plugin\.ts\(4,19\): error TS2322: Type 'AbortSignal' is not assignable/),
  ]);
}, 30_000);
