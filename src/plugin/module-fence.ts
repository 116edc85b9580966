/**
 * While plugins of third parties are open, code comes from files that somebody trusted, and from this program. Bun asks
 * before it loads any other file, however the import or `require` was computed, and is refused. It does not ask about a
 * file without an extension, a worker thread, and code that is no file.
 * (A filter that matches the others, and no callback for all: what a callback answers is loaded by rules of its own.)
 */
import { realpathSync } from "node:fs";
import { extname, resolve, sep } from "node:path";
import { currentPlugin, replace } from "./containment.ts";
import * as contextcore from "./contextcore.ts";
import { DeclarationError } from "./declaration.ts";
import { addStray, STRAY_HINT, type StrayModule, strayText } from "./trust/stray-modules.ts";

/** Files that may be loaded; `undefined` as long as there is no fence. */
let trusted: Set<string> | undefined;
let served = false;

/** A compiled binary has no `contextcore` package to resolve, and a second copy of valibot would not know the first. */
export function serveContextcore(): void {
  if (!served) register();
}

/** From now on these may be loaded, too, and nothing that was not admitted. @param paths absolute */
export function admitFiles(paths: Iterable<string>): void {
  if (trusted === undefined) buildFence();
  trusted ??= new Set();
  for (const path of paths) trusted.add(path);
  register();
}

function buildFence(): void {
  replace(Bun.plugin, "clearAll", (real, args, plugin) => {
    if (plugin === undefined) return real(...args);
    throw new Error(`${plugin} called Bun.plugin.clearAll, which a plugin may not`);
  });
  replace(process, "dlopen", (real, args, plugin) => {
    const path = String(args[1]);
    if (plugin === undefined || isAdmitted(path)) return real(...args);
    throw refusal({ plugin, path });
  });
}

/** Whether this file may be loaded as code. @param path absolute */
export function isAdmitted(path: string): boolean {
  if (trusted === undefined || isOurs(path)) return true;
  return trusted.has(path) || trusted.has(realPath(withoutQuery(path)));
}

const withoutQuery = (path: string): string => path.replace(/\?.*$/s, "");

function register(): void {
  served = true;
  Bun.plugin.clearAll();
  Bun.plugin({
    name: "contextcore",
    setup(build) {
      build.module("contextcore", () => ({ exports: { ...contextcore }, loader: "object" }));
      if (trusted !== undefined)
        build.onLoad({ filter: allBut(trusted) }, ({ path }) => loadByAnotherName(path));
    },
  });
}

const allBut = (paths: ReadonlySet<string>): RegExp =>
  new RegExp(`^(?!${OURS.source}|(?:${[...paths].map(RegExp.escape).join("|")})$)`);

/** This program's own modules: those inside the binary, or of its folder where it runs from source. */
const OURS = Bun.isStandaloneExecutable
  ? /\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/]/
  : new RegExp(RegExp.escape(resolve(import.meta.dir, "../..") + sep));
const isOurs = (path: string): boolean => path.search(OURS) === 0;

const LOADERS = ["js", "jsx", "ts", "tsx", "json", "toml", "yaml", "text"] as const;

/** A trusted file through a link or with a query (`./x.ts?again`) is loaded all the same. */
function loadByAnotherName(path: string) {
  const file = realPath(withoutQuery(path));
  if (!isAdmitted(file)) throw refusal({ plugin: currentPlugin(), path });
  const kind = extname(file).replace(/^\.[mc]?/, "");
  const loader = LOADERS.find((one) => one === kind) ?? "text";
  return Bun.file(file)
    .text()
    .then((contents) => ({ contents, loader }));
}

function refusal(stray: StrayModule): DeclarationError {
  addStray(stray);
  return new DeclarationError(strayText(stray), STRAY_HINT);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
