/** Finds the entry file of a third-party plugin from its configured name. */
import { dirname, extname, join, resolve } from "node:path";
import { targetKind } from "../../storage/entries.ts";
import { readNamedText } from "../../storage/own-file.ts";
import { DeclarationError } from "./declaration.ts";

/** Where a third-party plugin is on this machine. */
export interface Location {
  /** As the configuration names it. */
  readonly spec: string;
  /** The module to load, absolute. */
  readonly entry: string;
  /** Its folder, absolute: the package's, or the folder of a single file. */
  readonly root: string;
  /** True for a folder or a package, false for a single file. */
  readonly isFolder: boolean;
}

const CODE = [".ts", ".mts", ".js", ".mjs", ".cjs", ".cts"];
const INDEX = CODE.map((extension) => `index${extension}`);

/**
 * Finds the plugin: a path (`./x.ts`, `/plugins/x`, `x.ts`) or the name of a package in a `node_modules` of the
 * directory or above it.
 * @throws DeclarationError when there is nothing that could be loaded
 */
export function locatePlugin(spec: string, directory: string): Location {
  if (/^(\.{1,2}([/\\]|$)|[/\\]|[A-Za-z]:[/\\])/.test(spec) || CODE.includes(extname(spec))) {
    return locatePath(spec, resolve(directory, spec));
  }
  const found = packageFolder(spec, directory);
  if (found !== undefined) return locateFolder(spec, found);
  const hint =
    targetKind(resolve(directory, spec)) === undefined
      ? "Name a file or a folder as ./path, or install the package beside contextcore.yaml."
      : `For the file or folder of that name write ./${spec}`;
  throw new DeclarationError(`there is no package ${spec} in a node_modules of ${directory} or above`, hint);
}

function locatePath(spec: string, path: string): Location {
  const found = targetKind(path);
  if (found === "directory") return locateFolder(spec, path);
  if (found === "file") return { spec, entry: path, root: dirname(path), isFolder: false };
  throw new DeclarationError(`there is no file or folder ${path}`, "Paths are relative to contextcore.yaml.");
}

function locateFolder(spec: string, root: string): Location {
  const candidates = [...declaredEntries(join(root, "package.json")), ...INDEX];
  const entry = candidates.map((name) => join(root, name)).find((path) => targetKind(path) === "file");
  if (entry !== undefined) return { spec, entry, root, isFolder: true };
  throw new DeclarationError(
    `the folder ${root} has nothing to load`,
    "It needs an index.ts or index.js, or a package.json that names its `main` or `exports`.",
  );
}

/** The entries that a package.json names: `exports` (a string, or its `.` by the usual conditions), `module`, `main`. */
function declaredEntries(path: string): string[] {
  if (targetKind(path) === undefined) return [];
  const manifest = readJson(path);
  if (typeof manifest !== "object" || manifest === null) return [];
  const named = [
    exported(Reflect.get(manifest, "exports")),
    Reflect.get(manifest, "module"),
    Reflect.get(manifest, "main"),
  ];
  return named.filter((entry) => typeof entry === "string");
}

const MANIFEST_BYTES_MAX = 4 << 20;

/** A package.json that is not JSON, or not a file, names nothing; loading the folder then reports what is missing. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readNamedText(path, MANIFEST_BYTES_MAX));
  } catch {
    return undefined;
  }
}

function exported(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return undefined;
  for (const condition of [".", "bun", "import", "default", "require"]) {
    const found = exported(Reflect.get(exports, condition));
    if (found !== undefined) return found;
  }
  return undefined;
}

function packageFolder(name: string, directory: string): string | undefined {
  for (let place = directory; ; place = dirname(place)) {
    const folder = join(place, "node_modules", name);
    if (targetKind(folder) === "directory") return folder;
    if (dirname(place) === place) return undefined;
  }
}
