/** Loads a third party's module; `import … from "contextcore"` in it gives this very program's contract. */
import { pathToFileURL } from "node:url";
import { loadContained } from "./containment.ts";
import { GrowingBuffer, PluginError, ProtobufReader, ProtobufWriter } from "./contextcore.ts";
import type { Plugin } from "./contract.ts";
import { checkDeclaration, DeclarationError } from "./declaration.ts";
import { hardenGlobals } from "./harden.ts";
import type { Location } from "./locate.ts";
import { admitFiles, serveContextcore } from "./module-fence.ts";
import type { LoadedPlugin } from "./opening.ts";
import type { PluginFiles } from "./trust/files.ts";
import { startWatchdog } from "./watchdog.ts";

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
  hardenGlobals({ GrowingBuffer, PluginError, ProtobufReader, ProtobufWriter });
  admitFiles([...files.paths, location.entry]);
  const module: unknown = await importModule(location, limitMs);
  return { plugin: declaredIn(module, location), source: location.spec, foreign: true };
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
