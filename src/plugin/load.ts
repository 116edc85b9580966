/** Loads a third party's module; `import … from "contextcore"` in it gives this very program's contract. */
import { realpathSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { loadContained } from "./containment.ts";
import * as contextcore from "./contextcore.ts";
import type { Plugin } from "./contract.ts";
import { checkDeclaration, DeclarationError } from "./declaration.ts";
import { restoreGlobals, watchGlobals } from "./globals.ts";
import type { Location } from "./locate.ts";
import type { LoadedPlugin } from "./opening.ts";
import type { PluginFiles } from "./trust/files.ts";
import { startWatchdog } from "./watchdog.ts";

let served = false;

/** A compiled binary has no `contextcore` package to resolve, and a second copy of valibot would not know the first. */
function serveContextcore(): void {
  if (served) return;
  served = true;
  Bun.plugin({
    name: "contextcore",
    setup(build) {
      build.module("contextcore", () => ({ exports: { ...contextcore }, loader: "object" }));
    },
  });
}

/** A module that waits at its top level for something that never comes. ms */
const LOAD_LIMIT_MS = 10_000;

/**
 * Loads a plugin from its file and checks what it declares. Runs the plugin's code.
 * @param files what may be loaded
 * @param limitMs how long it may take, and from then on how long it may keep the program busy; default 10 s and a minute
 * @throws DeclarationError that names the file
 */
export async function loadPlugin(
  location: Location,
  files: PluginFiles,
  limitMs?: number,
): Promise<LoadedPlugin> {
  startWatchdog(limitMs);
  const before = new Set(Object.keys(require.cache));
  const globals = watchGlobals();
  const checkGlobals = (): void => {
    const changed = restoreGlobals(globals);
    if (changed.length === 0) return;
    const names = changed.slice(0, 5).join(", ");
    throw new DeclarationError(`the plugin ${location.entry} changes ${names}, which the whole program uses`);
  };
  const module: unknown = await importModule(location, limitMs).finally(checkGlobals);
  requireKnown(location, files, before);
  return { plugin: declaredIn(module, location), source: location.spec, checkGlobals };
}

/** An import may be computed, and lead to a file that nobody has looked at. */
function requireKnown(location: Location, { paths }: PluginFiles, before: ReadonlySet<string>): void {
  const stray = Object.keys(require.cache).find(
    (path) => isAbsolute(path) && !before.has(path) && !isOurs(path) && !paths.has(realpathSync(path)),
  );
  if (stray === undefined) return;
  throw new DeclarationError(
    `the plugin ${location.entry} loads ${stray}, which is not among its files`,
    "An import that is computed must stay within the plugin's own folder.",
  );
}

/** Modules of this program, which may be loaded at the same time. */
function isOurs(path: string): boolean {
  if (Bun.isStandaloneExecutable) return /\$bunfs|~BUN/.test(path);
  const root = resolve(import.meta.dir, "../..");
  return ["src", "plugins", "node_modules"].some((folder) => path.startsWith(join(root, folder) + sep));
}

function declaredIn(module: unknown, location: Location): Plugin {
  const declared: unknown =
    typeof module === "object" && module !== null ? Reflect.get(module, "default") : undefined;
  try {
    return checkDeclaration(declared, "third-party");
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    throw new DeclarationError(`the plugin ${location.entry} cannot be used: ${error.message}`, error.hint);
  }
}

/**
 * Evaluates a module inside the fence. Runs its code.
 * @param what it is, for the error
 * @throws DeclarationError that names the file
 */
export async function importModule(
  { entry: path, root, spec }: Omit<Location, "isFolder">,
  limitMs = LOAD_LIMIT_MS,
  what = "the plugin",
): Promise<unknown> {
  serveContextcore();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`it was not done after ${limitMs / 1000} s`)),
    limitMs,
  );
  try {
    const load = (): Promise<unknown> => import(pathToFileURL(path).href);
    return await loadContained(spec, root, () => Promise.race([load(), late.promise]));
  } catch (cause) {
    const said = cause instanceof AggregateError ? cause.errors.map(textOf).join("; ") : textOf(cause);
    const error = new DeclarationError(`${what} ${path} does not load: ${said}`);
    error.cause = cause;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Bun's build messages carry the place beside the text. */
function textOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const message: unknown = Reflect.get(error, "message");
  const position: unknown = Reflect.get(error, "position");
  const line: unknown =
    typeof position === "object" && position !== null ? Reflect.get(position, "line") : undefined;
  const file: unknown =
    typeof position === "object" && position !== null ? Reflect.get(position, "file") : undefined;
  return typeof line === "number" ? `${String(file)}:${line}: ${String(message)}` : String(message);
}
