/**
 * In the process of a plugin, code comes from files that somebody trusted, and from this program. Bun asks before it loads
 * any other file, however the import or `require` was computed, and is refused. It does not ask about a file without an
 * extension, a worker thread, and code that is no file.
 * (A filter that matches the others, and no callback for all: what a callback answers is loaded by rules of its own.)
 */
import { realpathSync } from "node:fs";
import { extname, resolve, sep } from "node:path";
import * as contextcore from "../../../contract/contextcore.ts";
import { DeclarationError } from "../../plugin/declaration.ts";
import { STRAY_HINT, strayText } from "../../trust/stray-modules.ts";

let served = false;

/** A compiled binary has no `contextcore` package to resolve, and a second copy of valibot would not know the first. */
export function serveContextcore(): void {
  if (!served) Bun.plugin({ name: "contextcore", setup: serve });
  served = true;
}

function serve(build: Bun.PluginBuilder): void {
  build.module("contextcore", () => ({ exports: { ...contextcore }, loader: "object" }));
}

/**
 * From now on these may be loaded, and nothing else. There is no way back.
 * @param paths absolute
 * @param onStray told of every other file before it is refused
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

/** In the place of what is there, so that nobody can put it back. */
function forGood(target: object, key: string, value: (...args: unknown[]) => unknown): void {
  Object.defineProperty(target, key, { value, writable: false, configurable: false, enumerable: true });
}

/** This program's own modules: those inside the binary, or of its folder where it runs from source. */
const OURS = Bun.isStandaloneExecutable
  ? /\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/]/
  : new RegExp(RegExp.escape(resolve(import.meta.dir, "../../..") + sep));

const allBut = (paths: ReadonlySet<string>): RegExp =>
  new RegExp(`^(?!${OURS.source}|(?:${[...paths].map(RegExp.escape).join("|")})$)`);

const LOADERS = ["js", "jsx", "ts", "tsx", "json", "toml", "yaml", "text"] as const;

/** A trusted file through a link or with a query (`./x.ts?again`) is loaded all the same. */
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
