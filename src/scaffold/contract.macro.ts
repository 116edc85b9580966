/** Runs during the build: embeds what a plugin author needs from this program, as text. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");
const entry = join(root, "src/contract/contextcore.ts");
const testing = join(root, "src/conformance/testing.ts");

/** The public entry point as one JavaScript module, for plugin tests outside the program. zstd, base64. */
export const packedRuntime = (): string =>
  pack(run([process.execPath, "build", entry, "--target=bun", "--minify-whitespace", "--minify-syntax"]));

/**
 * The test kit as one JavaScript module. It imports the public entry point's error classes, because `instanceof` needs a single
 * copy of each. zstd, base64.
 */
export function packedTesting(): string {
  const words = ["--target=bun", "--minify-whitespace", "--minify-syntax"];
  const outside = ["--external", "bun:test", "--external", "*/contract/errors.ts"];
  const bundled = run([process.execPath, "build", testing, ...words, ...outside]);
  return pack(bundled.replaceAll(/from"[./]+\/contract\/errors\.ts"/g, 'from"./index.js"'));
}

/** The public entry point's types as one declaration file. zstd, base64. */
export const packedTypes = (): string =>
  pack(declared(entry, (directory) => joined(directory, readFileSync(entry, "utf8"))));

/** The test kit's types as one declaration file. Its exports are all explicit, so no other file is searched. zstd, base64. */
export const packedTestingTypes = (): string =>
  pack(
    declared(
      testing,
      (directory) => kitTypes(readFileSync(join(directory, "conformance/testing.d.ts"), "utf8")),
      {
        noResolve: true,
        noCheck: true,
        types: [],
      },
    ),
  );

/** valibot's own types, which plugin options are written in. zstd, base64. */
export const packedValibot = (): string =>
  pack(readFileSync(join(root, "node_modules/valibot/dist/index.d.mts"), "utf8"));

const pack = (text: string): string => Bun.zstdCompressSync(text, { level: 19 }).toString("base64");

function run(command: string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${command.slice(1, 3).join(" ")} failed: ${stderr}${stdout}`);
  return stdout.toString();
}

/** Makes something of the declarations that the compiler emits for a file and the modules it imports. */
function declared(file: string, make: (directory: string) => string, options: object = {}): string {
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
      ...options,
    };
    writeFileSync(
      project,
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files: [file], include: [] }),
    );
    run([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", project]);
    return make(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Joins the modules that the entry re-exports, in order; one exported under a name becomes a namespace. */
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

/** Types that are also in the public entry point are imported from there. */
function kitTypes(text: string): string {
  const names = [...text.matchAll(/^import type \{([^}]*)\} from "\.\.\/[^"]*";\n/gm)].flatMap(
    ([, all = ""]) => all.split(",").map((name) => name.trim()),
  );
  return `import type { ${[...names, "v"].sort().join(", ")} } from "./index";\n${text.replace(/^import .*;\n/gm, "")}`;
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
