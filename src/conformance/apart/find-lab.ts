/** Finds the lab that a plugin brings along. */
import { join } from "node:path";
import type { Location } from "../../host/plugin/locate.ts";
import { isThere } from "../../storage/entries.ts";

/** The labs that are part of the program. */
export const LAB_NAMES = ["tempo", "mimir", "loki", "grafana"] as const;

const FILES = ["lab.ts", "lab.js", "lab.mjs"];

/** The lab file in a plugin's folder, absolute; `undefined` when there is none, or the plugin is a single file. */
export function findLab({ root, isFolder }: Location): string | undefined {
  return isFolder ? FILES.map((name) => join(root, name)).find((path) => isThere(path)) : undefined;
}
