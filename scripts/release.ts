/**
 * `make release`: every target into `dist/release`, each built twice and equal, run where this machine can run it, with
 * SHA-256 sums, an SPDX bill of materials and the licences; sizes beside those that are recorded.
 *
 *   --only NAME     targets whose file name ends so; may be repeated
 *   --record        keep the sizes as those of the last release (scripts/release/sizes.json; CONTRIBUTING.md says when)
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { toManual } from "../src/commands/man/manual.ts";
import { ROOT } from "../src/dispatch/commands.ts";
import { PACKAGES } from "../src/licenses/packages.ts";
import { build } from "./build.ts";
import { describeRelease, releaseTime, sha256 } from "./release/describe.ts";
import { compareSizes, readSizes, type Sizes, writeSizes } from "./release/sizes.ts";
import { runnerOf, TARGETS, type Target } from "./release/targets.ts";

const root = resolve(import.meta.dir, "..");
const output = join(root, "dist/release");
const sizesPath = join(root, "scripts/release/sizes.json");

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    record: { type: "boolean", default: false },
  },
});
const chosen = TARGETS.filter(
  ({ file }) => values.only.length === 0 || values.only.some((end) => file.endsWith(end)),
);
if (values.record && chosen.length < TARGETS.length)
  throw new Error("--record wants every target: leave --only out");
if (chosen.length === 0) throw new Error(`no target ends in ${values.only.join(" or ")}`);

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const sizes = new Map<string, number>();
for (const target of chosen) await release(target);
await writeBeside();
for (const line of compareSizes(sizes, chosenOf(readSizes(sizesPath)), manifest.version)) console.log(line);
if (values.record) writeSizes(sizesPath, { version: manifest.version, files: Object.fromEntries(sizes) });

async function release(target: Target): Promise<void> {
  const path = join(output, target.file);
  // The name of the program is inside of it, so the second one gets a folder of its own.
  const second = join(output, "again");
  const [sum, again] = [path, join(second, target.file)].map((out) => {
    build(out, target.bun);
    return sha256(readFileSync(out));
  });
  rmSync(second, { recursive: true });
  if (again !== sum)
    throw new Error(`${target.file} is not the same when it is built again: ${sum}, ${again}`);
  requireNoPaths(path);
  const runner = runnerOf(target);
  const ran = runner === undefined ? "not run here" : smoke([...runner, path]);
  writeFileSync(`${path}.gz`, Bun.gzipSync(readFileSync(path), { level: 9 }));
  sizes.set(target.file, Bun.file(path).size);
  console.log(`${target.file}: ${sum}, ${ran}`);
}

/** Nothing of the machine that it was built on may be inside. */
function requireNoPaths(path: string): void {
  if (readFileSync(path).includes(`${root}/`))
    throw new Error(`${path} names the folder it was built in, ${root}`);
}

/** The version, and a command that unpacks what is inside: the program starts, and is whole. */
function smoke(command: readonly string[]): string {
  const began = performance.now();
  const version = ended([...command, "--version"], output);
  if (version !== manifest.version) throw new Error(`${command.join(" ")} --version says ${version}`);
  const ms = (performance.now() - began).toFixed(0);
  const folder = mkdtempSync(join(tmpdir(), "contextcore-release-"));
  try {
    ended([...command, "plugin", "new", "acme/lines"], folder);
    if (!existsSync(join(folder, "lines/index.ts")))
      throw new Error(`${command.join(" ")} plugin new wrote nothing`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return `runs here${command.length > 1 ? ` under ${basename(command[0] ?? "")}` : ""} (--version in ${ms} ms)`;
}

/** What it prints. @throws Error when it does not end with 0 */
function ended(command: readonly string[], cwd: string): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync([...command], { cwd, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.join(" ")} ended with ${exitCode}: ${stderr}`);
  return stdout.toString().trim();
}

async function writeBeside(): Promise<void> {
  const created = releaseTime(root);
  const { version } = manifest;
  const texts = PACKAGES.map((one) => `${one.name} ${one.version}: ${one.license}\n\n${one.text}\n`);
  write("contextcore.1", await toManual(ROOT, version));
  write("LICENSES.txt", texts.join(`\n${"-".repeat(80)}\n\n`));
  write("install.sh", readFileSync(join(root, "scripts/install.sh"), "utf8"));
  describeRelease(output, { version, created });
}

function write(name: string, text: string): void {
  writeFileSync(join(output, name), text);
}

/** What was left out is not missing. */
function chosenOf({ version, files }: Sizes): Sizes {
  const names = chosen.map(({ file }) => file);
  const known = Object.entries(files).filter(([file]) => values.only.length === 0 || names.includes(file));
  return { version, files: Object.fromEntries(known) };
}
