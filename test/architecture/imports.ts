/** The imports of the product's files, read from their text: what the tests of the architecture reason about. */
import { dirname, join, relative, resolve } from "node:path";

export const root = resolve(import.meta.dir, "../..");

export interface Import {
  /** Relative to the repository, as every path here: `src/audit/format/chain.ts`. */
  readonly file: string;
  /** A path of the repository; the name of a package as it is written. */
  readonly target: string;
  /** Whether it is a file of this repository. */
  readonly isLocal: boolean;
  /** `type`: nothing of it is left when the program runs. `later`: an `import()` in the middle of the program. */
  readonly kind: "value" | "type" | "later";
}

/** Text by path, of every TypeScript file below these folders, components included. */
export async function sourcesUnder(...folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for await (const file of new Bun.Glob(`${folder}/**/*.{ts,tsx}`).scan({ cwd: root }))
      sources.set(file, await Bun.file(join(root, file)).text());
  }
  return sources;
}

/** Every import of every file below this folder. */
export const importsUnder = async (folder: string): Promise<Import[]> =>
  [...(await sourcesUnder(folder))].flatMap(([file, source]) => importsOf(file, source));

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:([^;"]*?)\sfrom\s+)?"([^"]+)"/gm;
const CALL = /\bimport\(\s*"([^"]+)"/g;

/** The imports that this text of a file makes. */
export function importsOf(file: string, source: string): Import[] {
  const made = (written: string, kind: Import["kind"]): Import => {
    const isLocal = written.startsWith(".");
    const target = isLocal ? relative(root, resolve(root, dirname(file), written)) : written;
    return { file, target, isLocal, kind };
  };
  return [
    ...[...source.matchAll(STATEMENT)].map(([, type, names = "", written = ""]) =>
      made(written, type !== undefined || isOfTypes(names) ? "type" : "value"),
    ),
    ...[...source.matchAll(CALL)].map(([, written = ""]) => made(written, "later")),
  ];
}

/** `{ type A, type B }`, and nothing else. */
function isOfTypes(names: string): boolean {
  const inside = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  const all = inside?.split(",").map((one) => one.trim()) ?? [""];
  return inside !== undefined && all.every((one) => one === "" || one.startsWith("type "));
}
