/** Finds every file that a plugin loads, without running it. */
import { readdirSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, relative, sep } from "node:path";
import { readOwnSync } from "../../storage/own-file.ts";
import { UnsafeFileError } from "../../storage/unsafe-file.ts";
import { DeclarationError } from "../plugin/declaration.ts";
import type { Location } from "../plugin/locate.ts";

/** What the lock remembers about a file. */
export interface TrustedFile {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  readonly bytes: number;
}

/** All that a plugin can load as code, as it is now. */
export interface PluginFiles {
  /** Sorted by path, which is relative to the plugin's folder with `/` between parts. */
  readonly files: ReadonlyMap<string, TrustedFile>;
  /** The same files' hashes by absolute path. */
  readonly paths: ReadonlyMap<string, string>;
  /** Modules of the runtime that it imports: `node:fs`, `bun:sqlite`. Sorted. */
  readonly imports: readonly string[];
  /** The text of its own code, without its packages, by the same names as `files`. */
  readonly code: ReadonlyMap<string, string>;
}

const LOADERS: Readonly<Record<string, "ts" | "tsx" | "js" | "jsx">> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
};
/** What a module can load besides code. */
const LOADABLE = new Set([
  ...Object.keys(LOADERS),
  ".json",
  ".jsonc",
  ".toml",
  ".yaml",
  ".yml",
  ".wasm",
  ".node",
  ".so",
]);
/** Packages (imported ones are followed anyway), tests, the lab, declarations, and files for the editor. */
const LEFT_OUT =
  /(^|\/)(node_modules|\.[^/]*)(\/|$)|\.d\.[mc]?ts$|\.(test|spec)\.[mc]?[jt]sx?$|^contextcore\/|^tsconfig\.json$|^lab\.(ts|m?js)$/;
const FILES_MAX = 20_000;
/** Limit for one file, and for all together. */
const BYTES_MAX = 256 << 20;

/**
 * The entry, everything it imports (including packages), and if the plugin is a folder, all other code in it, because an
 * import may be computed. Tests, the lab and declarations are left out: only `plugin check` loads them.
 * @throws DeclarationError when there are too many or too large files for a plugin, or something is not a file
 */
export function pluginFiles(location: Location): PluginFiles {
  const root = realpathSync(location.root);
  const waiting = [realpathSync(location.entry), ...(location.isFolder ? codeUnder(root) : [])];
  const files = new Map<string, TrustedFile>();
  const paths = new Map<string, string>();
  const imports = new Set<string>();
  const code = new Map<string, string>();
  let bytes = 0;
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (paths.has(path)) continue;
    if (paths.size >= FILES_MAX)
      throw new DeclarationError(`the plugin ${location.entry} loads more than ${FILES_MAX} files`);
    const content = contentOf(path);
    bytes += content.length;
    if (bytes > BYTES_MAX)
      throw new DeclarationError(`the plugin ${location.entry} loads more than ${BYTES_MAX} bytes`);
    const hash = sha256(content);
    paths.set(path, hash);
    files.set(nameOf(root, path), { hash, bytes: content.length });
    const loader = LOADERS[extname(path)];
    if (loader === undefined) continue;
    if (!path.includes(`${sep}node_modules${sep}`)) code.set(nameOf(root, path), content.toString());
    for (const found of importsOf(content, loader)) {
      if (isRuntime(found)) imports.add(found.replace(/^(?!node:|bun)/, "node:"));
      else waiting.push(...resolved(found, path));
    }
  }
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return { files: new Map(sorted), paths, imports: [...imports].sort(), code };
}

/** One hash of all files' names and hashes. */
export function hashOfFiles(files: ReadonlyMap<string, TrustedFile>): string {
  return sha256([...files].map(([name, { hash }]) => `${hash}  ${name}\n`).join(""));
}

/** A file that cannot be parsed imports nothing; loading it later reports the error. */
function importsOf(content: Buffer, loader: "ts" | "tsx" | "js" | "jsx"): string[] {
  try {
    return new Bun.Transpiler({ loader }).scanImports(content).map((found) => found.path);
  } catch {
    return [];
  }
}

const isRuntime = (specifier: string): boolean =>
  specifier === "bun" || specifier.startsWith("bun:") || isBuiltin(specifier);

/** The file that an import leads to, and the package.json that leads there. A missing one is reported when the plugin is loaded. */
function resolved(specifier: string, from: string): string[] {
  if (specifier === "contextcore") return [];
  try {
    const path = realpathSync(Bun.resolveSync(specifier, dirname(from)));
    return specifier.startsWith(".") ? [path] : [path, ...manifestOf(path)];
  } catch {
    return [];
  }
}

function manifestOf(path: string): string[] {
  for (let folder = dirname(path); folder.includes("node_modules"); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (isFile(manifest)) return [manifest];
  }
  return [];
}

function isFile(path: string): boolean {
  try {
    return realpathSync(path) !== "";
  } catch {
    return false;
  }
}

function codeUnder(root: string): string[] {
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && LOADABLE.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  return names.filter((path) => !LEFT_OUT.test(nameOf(root, path))).map((path) => realpathSync(path));
}

const nameOf = (root: string, path: string): string => relative(root, path).replaceAll(sep, "/");

/** The content of one of a plugin's files. @param name as in {@link PluginFiles.files} */
export const readFileOf = ({ root }: Location, name: string): Buffer =>
  contentOf(join(realpathSync(root), name));

/** Of a file as it is now, within bounds. @throws DeclarationError when it is no file */
export function contentOf(path: string): Buffer {
  try {
    return readOwnSync(path, BYTES_MAX);
  } catch (error) {
    if (error instanceof UnsafeFileError) throw new DeclarationError(error.message, error.hint);
    throw error;
  }
}

/** Hexadecimal. */
export const sha256 = (content: string | Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(content).digest("hex");
