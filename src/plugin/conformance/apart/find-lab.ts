/** Where the lab is that a plugin brings along. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { importModule } from "../../load.ts";
import type { Location } from "../../locate.ts";

/** Those that are inside of the program. */
export const LAB_NAMES = ["tempo", "mimir", "loki", "grafana"] as const;

const FILES = ["lab.ts", "lab.js", "lab.mjs"];

/** The lab's file in the folder of a plugin, absolute; `undefined` when there is none, or the plugin is a single file. */
export function findLab({ root, isFolder }: Location): string | undefined {
  return isFolder ? FILES.map((name) => join(root, name)).find((path) => existsSync(path)) : undefined;
}

/** Runs its code. @returns what it exports by default, to be checked to be a lab */
export async function loadLab(path: string): Promise<unknown> {
  const module = await importModule(
    { entry: path, root: dirname(path), spec: "the lab" },
    undefined,
    "the lab",
  );
  return typeof module === "object" && module !== null ? Reflect.get(module, "default") : undefined;
}
