/**
 * Runs while the program is built: what a plugin's author needs of this very program, as text inside it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");
const entry = join(root, "src/contract/contextcore.ts");

/** The public entry as one module of JavaScript, for tests of a plugin outside of the program. zstd, base64. */
export const packedRuntime = (): string =>
  pack(run([process.execPath, "build", entry, "--target=bun", "--minify-whitespace", "--minify-syntax"]));

/** The public entry's types as one declaration file. zstd, base64. */
export const packedTypes = (): string => pack(contractTypes());

/** valibot's own types, which the options of a plugin are written in. zstd, base64. */
export const packedValibot = (): string =>
  pack(readFileSync(join(root, "node_modules/valibot/dist/index.d.mts"), "utf8"));

const pack = (text: string): string => Bun.zstdCompressSync(text, { level: 19 }).toString("base64");

function run(command: string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.slice(1, 3).join(" ")} failed: ${stderr}${stdout}`);
  return stdout.toString();
}

/** The declarations that the compiler makes of each module behind the public entry, in one file and one scope. */
function contractTypes(): string {
  const directory = mkdtempSync(join(tmpdir(), "contextcore-types-"));
  try {
    const project = join(directory, "tsconfig.json");
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: directory,
      rootDir: join(root, "src"),
      typeRoots: [join(root, "node_modules/@types")],
    };
    writeFileSync(
      project,
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files: [entry], include: [] }),
    );
    run([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", project]);
    return joined(directory, readFileSync(entry, "utf8"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The modules that the entry re-exports, in its order; one that is exported under a name becomes a namespace. */
function joined(directory: string, source: string): string {
  const parts = ['import * as v from "valibot";\nexport { v };\n'];
  const statements = source.matchAll(
    /export\s+(?:\*(?:\s+as\s+(\w+))?|(?:type\s+)?\{[^}]*\})\s+from\s+"(\.[^"]+)\.ts"/g,
  );
  for (const [, namespace, module] of statements) {
    const text = readFileSync(join(directory, "contract", `${module}.d.ts`), "utf8");
    parts.push(namespace === undefined ? inScope(text) : inNamespace(namespace, inScope(text)));
  }
  return parts.join("\n");
}

const inScope = (text: string): string =>
  text
    .replace(/^import .*;\n/gm, "")
    .replace(/^export (\*|\{).*;\n/gm, "")
    .trim();

function inNamespace(name: string, text: string): string {
  const inner = text.replace(/^(export )?declare /gm, "$1").replace(/^(?=.)/gm, "  ");
  return `export declare namespace ${name} {\n${inner}\n}\n`;
}
