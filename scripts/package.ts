/**
 * `make package`: the contract's types and helpers as an npm package, for plugins that are developed as packages. The program
 * itself never loads it: it serves its own. Writes `dist/package`, or the folder named by `--output`.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { CONTRACT_VERSION } from "../src/contract/contract.ts";
import { contractFiles } from "../src/scaffold/contract-files.ts";

const root = resolve(import.meta.dir, "..");
const { values } = parseArgs({
  options: { output: { type: "string", default: join(root, "dist/package") } },
});
const output = resolve(values.output);

const { name, version, license } = manifest;
const described = {
  name,
  version,
  license,
  description: `Types and helpers for contextcore plugins (contract ${CONTRACT_VERSION})`,
  type: "module",
  exports: {
    ".": { types: "./index.d.ts", default: "./index.js" },
    "./testing": { types: "./testing.d.ts", default: "./testing.js" },
    "./activity": { types: "./types/activity/wrapper/activity.d.ts", default: "./activity.js" },
  },
  // The types of the options are valibot's (its code is inside of index.js), those of signals and answers the runtime's.
  dependencies: {
    "@types/bun": manifest.devDependencies["@types/bun"],
    valibot: manifest.dependencies.valibot,
  },
  files: ["index.js", "index.d.ts", "testing.js", "testing.d.ts", "activity.js", "types"],
};

const README = `# ${name}

Types and helpers for plugins of contextcore ${version}, contract ${CONTRACT_VERSION}: \`import { definePlugin, v } from "contextcore"\`.

\`contextcore plugin new vendor/name\` writes a working plugin that brings these types itself; this package is for plugins that
are developed and published as packages: make it a \`devDependency\`. When contextcore loads a plugin it serves its own.
`;

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
/** TypeScript 7 takes no package's types by itself. */
const RUNTIME_TYPES = '/// <reference types="bun" />\n';

const contract = contractFiles(version);
const files: Readonly<Record<string, string>> = {
  ...contract,
  "index.d.ts": `${RUNTIME_TYPES}${contract["index.d.ts"]}`,
  "testing.d.ts": `${RUNTIME_TYPES}${contract["testing.d.ts"]}`,
};
for (const [name, text] of Object.entries(files))
  if (described.files.includes(name)) writeFileSync(join(output, name), text);
packActivity();
writeFileSync(join(output, "package.json"), `${JSON.stringify(described, undefined, 2)}\n`);
writeFileSync(join(output, "README.md"), README);
cpSync(join(root, "LICENSE"), join(output, "LICENSE"));
console.log(output);

/** `contextcore/activity` is for Node.js, too, and no part of the program takes it from here: it is bundled when it is packed. */
function packActivity(): void {
  const entry = join(root, "src/activity/wrapper/activity.ts");
  const words = [
    "--target=node",
    "--minify-whitespace",
    "--minify-syntax",
    `--outfile=${join(output, "activity.js")}`,
  ];
  spawn([process.execPath, "build", entry, ...words]);
  const project = join(output, "tsconfig.json");
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, rewriteRelativeImportExtensions: true },
    ...{
      outDir: join(output, "types"),
      rootDir: join(root, "src"),
      typeRoots: [join(root, "node_modules/@types")],
    },
  };
  writeFileSync(
    project,
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files: [entry], include: [] }),
  );
  spawn([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", project]);
  rmSync(project);
}

function spawn(command: string[]): void {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.slice(1, 3).join(" ")} failed: ${stderr}${stdout}`);
}
