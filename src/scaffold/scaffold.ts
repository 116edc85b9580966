/** The folder that a new plugin starts with. It loads, runs and passes every rule unchanged. */
import { contractFiles } from "./contract-files.ts";
import { runtimeTypes } from "./runtime-types.ts";
import { templateFiles } from "./template.macro.ts" with { type: "macro" };

// Runs during the build: the program contains only its result, as text.
const TEMPLATE: Record<string, string> = templateFiles();

const ABOUT = {
  backend: "A contextcore backend for a directory of JSON-lines files.",
  server: "A contextcore backend for a server of events that is reached over HTTP.",
  sink: "A contextcore sink that appends audit events to a file.",
  store: "A contextcore store that keeps objects in a directory.",
} as const;

export type Kind = keyof typeof ABOUT;

/** Texts by path. @param name `vendor/name` @param version this program's */
export function scaffoldFiles(name: string, kind: Kind, version: string): ReadonlyMap<string, string> {
  const own = Object.entries(TEMPLATE)
    .filter(([path]) => path.startsWith(`${kind}/`))
    .map(([path, text]) => [path.slice(kind.length + 1), text] as const);
  const types = Object.entries(runtimeTypes()).map(([path, text]) => [`types/${path}`, text] as const);
  const contract = [...Object.entries(contractFiles(version)), ...types].map(
    ([path, text]) => [`contextcore/${path}`, text] as const,
  );
  const readme = readmeOf(kind);
  const files = [...own, ["README.md", readme] as const, ...settings(name)];
  return new Map([
    ...files.map(([path, text]) => [path, text.replaceAll("vendor/name", name)] as const),
    ...contract,
  ]);
}

/** Its table lists the files that exist. */
function readmeOf(kind: Kind): string {
  const lines = (TEMPLATE["README.md"] ?? "").replace("ABOUT", ABOUT[kind]).split("\n");
  return lines.filter((line) => kind === "server" || !line.startsWith("| `lab.ts`")).join("\n");
}

function settings(name: string): (readonly [string, string])[] {
  const compilerOptions = {
    target: "esnext",
    module: "preserve",
    moduleResolution: "bundler",
    lib: ["esnext"],
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    // The runtime's types: `bun`, which refers to `bun-types` and `node`.
    typeRoots: ["./contextcore/types"],
    types: ["bun"],
    // For editors and `bun test`; contextcore itself supplies its own.
    paths: {
      contextcore: ["./contextcore/index"],
      "contextcore/testing": ["./contextcore/testing"],
      valibot: ["./contextcore/valibot"],
      "undici-types": ["./contextcore/types/undici-types"],
    },
  };
  const manifest = {
    name: `contextcore-${name.replace("/", "-")}`,
    version: "0.1.0",
    private: true,
    type: "module",
    exports: "./index.ts",
  };
  return [
    ["tsconfig.json", toJson({ compilerOptions, include: ["*.ts", "contextcore/*.d.ts"] })],
    ["package.json", toJson(manifest)],
  ];
}

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
