/**
 * Loads a third-party module into this process, which exists for it alone; its `import … from "contextcore"` gets this
 * program's own contract.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Plugin } from "../../../contract/contract.ts";
import { withTimeLimit } from "../../../units/time-limit.ts";
import { checkDeclaration, DeclarationError } from "../../plugin/declaration.ts";
import type { Location } from "../../plugin/locate.ts";
import { sha256 } from "../../trust/files.ts";
import { admitFiles, serveContextcore } from "./module-fence.ts";

interface LoadOptions {
  /** Files that may be loaded as code: SHA-256 by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  /** Called for every other file that is requested, and refused. */
  readonly onStray: (path: string) => void;
  /** Time limit. */
  readonly limitMs: number;
}

/**
 * Loads a plugin from its file and checks its declaration. Runs the plugin's code, if it is unchanged since it was inspected.
 * @throws DeclarationError that names the file
 */
export async function loadPlugin(
  location: Omit<Location, "isFolder">,
  { files, onStray, limitMs }: LoadOptions,
): Promise<Plugin> {
  requireUnchanged(files, location);
  admitFiles([...files.keys(), location.entry], onStray);
  const module: unknown = await importModule(location.entry, limitMs);
  return declaredIn(module, location);
}

/** A file could have changed between inspection and this moment. */
function requireUnchanged(files: LoadOptions["files"], { spec }: Pick<Location, "spec">): void {
  for (const [path, hash] of files)
    if (sha256(readFileSync(path)) !== hash)
      throw new DeclarationError(`the plugin ${spec} was changed while it was being loaded (${path})`);
}

function declaredIn(module: unknown, { entry }: Pick<Location, "entry">): Plugin {
  const declared: unknown =
    typeof module === "object" && module !== null ? Reflect.get(module, "default") : undefined;
  try {
    return checkDeclaration(declared, "third-party");
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    throw new DeclarationError(`the plugin ${entry} cannot be used: ${error.message}`, error.hint);
  }
}

/**
 * Evaluates a module. Runs its code.
 * @param path absolute
 * @param what it is, for the error
 * @throws DeclarationError that names the file
 */
export async function importModule(path: string, limitMs: number, what = "the plugin"): Promise<unknown> {
  serveContextcore();
  const late = () => new Error(`it was not done after ${limitMs / 1000} s`);
  try {
    return await withTimeLimit(() => import(pathToFileURL(path).href), undefined, { limitMs, late });
  } catch (cause) {
    const said = cause instanceof AggregateError ? cause.errors.map(textOf).join("; ") : textOf(cause);
    const error = new DeclarationError(`${what} ${path} does not load: ${said}`);
    error.cause = cause;
    throw error;
  }
}

/** Bun's build messages keep the place apart from the text. */
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
