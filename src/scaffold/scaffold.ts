/** The folder that a new plugin starts with. It loads, runs and passes every rule unchanged. */
import { contractFiles } from "./contract-files.ts";
import { runtimeTypes } from "./runtime-types.ts";
import { templateFiles } from "./template.macro.ts" with { type: "macro" };

// Runs during the build: the program contains only its result, as text.
const TEMPLATE: Record<string, string> = templateFiles();

/** What its README says. */
interface Readme {
  readonly about: string;
  /** What its user does once it is added, a line each. */
  readonly next: readonly string[];
  /** What the contract asks of its kind alone. */
  readonly rules: readonly string[];
}

const BACKEND = {
  next: ["contextcore inventory"],
  rules: [
    "A cursor is plain JSON and says all that a step needs: steps run in any order, again, and in another process.",
    "A step brings about `limits.stepBytes` of records; more is left to the cursors in `next`.",
    "What could not be read is a `problem`. Nothing is left out quietly.",
  ],
};

const SINK = {
  next: ["# then, under `sinks:` in that file:  vendor/name: {}", "contextcore audit sinks test"],
  rules: [
    "`probe` writes nothing. `deliver` is done when the event is kept, every byte of its `line` as it is.",
    "The same event may come twice after a crash: leave it as it is then.",
    "A command waits for its sinks: let the option `timeout`, where there is one, be a few seconds.",
  ],
};

const READMES = {
  backend: { ...BACKEND, about: "A contextcore backend for a directory of JSON-lines files." },
  server: { ...BACKEND, about: "A contextcore backend for a server of events that is reached over HTTP." },
  sink: { ...SINK, about: "A contextcore sink that appends audit events to a file." },
  "server-sink": { ...SINK, about: "A contextcore sink that posts audit events to a server over HTTP." },
  store: { about: "A contextcore store that keeps objects in a directory.", next: [], rules: [] },
} satisfies Readonly<Record<string, Readme>>;

/** What the new plugin is: a backend for files or for a server, a sink for either, or a store. */
export type ScaffoldKind = keyof typeof READMES;

/** Texts by path. @param name `vendor/name` @param version this program's */
export function scaffoldFiles(
  name: string,
  kind: ScaffoldKind,
  version: string,
): ReadonlyMap<string, string> {
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
function readmeOf(kind: ScaffoldKind): string {
  const { about, next, rules }: Readme = READMES[kind];
  const text = (TEMPLATE["README.md"] ?? "")
    .replace("ABOUT", about)
    .replace("NEXT\n", next.map((line) => `    ${line}\n`).join(""))
    .replace("RULES\n", rules.map((rule) => `- ${rule}\n`).join(""));
  const hasLab = `${kind}/lab.ts` in TEMPLATE;
  return text
    .split("\n")
    .filter((line) => hasLab || !line.startsWith("| `lab.ts`"))
    .join("\n");
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
