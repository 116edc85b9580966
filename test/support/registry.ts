/** Packages of the registry that only a test needs, installed once for all runs on this machine. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @param packages exact versions by name @returns a directory whose `node_modules` has them @throws Error when they cannot be had */
export function registryPackages(packages: Readonly<Record<string, string>>): string {
  const words = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const hash = new Bun.CryptoHasher("sha256").update(words.join(" ")).digest("hex").slice(0, 16);
  const place = join(tmpdir(), `contextcore-packages-${hash}`);
  if (existsSync(place)) return place;
  const draft = `${place}.${process.pid}`;
  mkdirSync(draft);
  writeFileSync(join(draft, "package.json"), '{"private":true}');
  const { exitCode, stderr } = Bun.spawnSync(
    ["npm", "install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", ...words],
    { cwd: draft, stdout: "ignore", stderr: "pipe" },
  );
  if (exitCode !== 0) throw new Error(`npm install ${words.join(" ")}: ${stderr}`);
  if (existsSync(place)) rmSync(draft, { recursive: true });
  else renameSync(draft, place);
  return place;
}
