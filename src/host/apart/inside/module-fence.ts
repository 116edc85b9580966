/**
 * In a plugin's process, only trusted files and this program are loaded as code. Bun calls this fence before it loads any
 * other file, however the import or `require` was computed, and the fence refuses. Bun does not call it for a file without
 * an extension, a worker thread, or code that is not in a file.
 * (The filter matches only the other files. A callback for all files would not do, because Bun loads what a callback answers
 * by different rules.)
 */
import { realpathSync } from "node:fs";
import { extname, resolve, sep } from "node:path";
import * as contextcore from "../../../contract/contextcore.ts";
import { DeclarationError } from "../../plugin/declaration.ts";
import { STRAY_HINT, strayText } from "../../trust/stray-modules.ts";

let served = false;

/** Provides the package `contextcore`: a compiled binary has none to resolve, and two copies of valibot would not recognize each other's schemas. */
export function serveContextcore(): void {
  if (!served) Bun.plugin({ name: "contextcore", setup: serve });
  served = true;
}

function serve(build: Bun.PluginBuilder): void {
  build.module("contextcore", () => ({ exports: { ...contextcore }, loader: "object" }));
}

/**
 * From now on only these files may be loaded. This cannot be undone.
 * @param paths absolute
 * @param onStray called with every other file before it is refused
 */
export function admitFiles(paths: Iterable<string>, onStray: (path: string) => void): void {
  const trusted = new Set(paths);
  const require = (path: string): string => {
    const file = realPath(path.replace(/\?.*$/s, ""));
    if (trusted.has(path) || trusted.has(file)) return file;
    onStray(path);
    throw new DeclarationError(strayText({ plugin: undefined, path }), STRAY_HINT);
  };
  serveContextcore();
  Bun.plugin({
    name: "files of the plugin",
    setup: (build) =>
      void build.onLoad({ filter: allBut(trusted) }, ({ path }) => loadByAnotherName(require(path))),
  });
  forGood(Bun.plugin, "clearAll", () => {
    throw new Error("a plugin may not call Bun.plugin.clearAll");
  });
  const { dlopen } = process;
  forGood(process, "dlopen", (...args) => {
    require(String(args[1]));
    return Reflect.apply(dlopen, process, args);
  });
}

/** Replaces a property so that nobody can restore it. */
function forGood(target: object, key: string, value: (...args: unknown[]) => unknown): void {
  Object.defineProperty(target, key, { value, writable: false, configurable: false, enumerable: true });
}

/** This program's own modules: those in the binary, or in its folder when it runs from source. */
const OURS = Bun.isStandaloneExecutable
  ? /\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/]/
  : new RegExp(RegExp.escape(resolve(import.meta.dir, "../../..") + sep));

const allBut = (paths: ReadonlySet<string>): RegExp =>
  new RegExp(`^(?!${OURS.source}|(?:${[...paths].map(RegExp.escape).join("|")})$)`);

const LOADERS = ["js", "jsx", "ts", "tsx", "json", "toml", "yaml", "text"] as const;

/** A trusted file may also be loaded through a link or with a query (`./x.ts?again`). */
async function loadByAnotherName(file: string) {
  const kind = extname(file).replace(/^\.[mc]?/, "");
  const loader = LOADERS.find((one) => one === kind) ?? "text";
  return { contents: await Bun.file(file).text(), loader };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
