/** Loads a third party's module; `import … from "contextcore"` in it gives this very program's contract. */
import { pathToFileURL } from "node:url";
import * as contextcore from "./contextcore.ts";
import type { Plugin } from "./contract.ts";
import { checkDeclaration, DeclarationError } from "./declaration.ts";
import type { Location } from "./locate.ts";

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

/**
 * Loads a plugin from its file and checks what it declares. Runs the plugin's code.
 * @throws DeclarationError that names the file
 */
export async function loadPlugin(location: Location): Promise<Plugin> {
  serveContextcore();
  const module: unknown = await importModule(location.entry);
  const declared: unknown =
    typeof module === "object" && module !== null ? Reflect.get(module, "default") : undefined;
  try {
    return checkDeclaration(declared, "third-party");
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    throw new DeclarationError(`the plugin ${location.entry} cannot be used: ${error.message}`, error.hint);
  }
}

async function importModule(path: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    const said = cause instanceof AggregateError ? cause.errors.map(textOf).join("; ") : textOf(cause);
    const error = new DeclarationError(`the plugin ${path} does not load: ${said}`);
    error.cause = cause;
    throw error;
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
