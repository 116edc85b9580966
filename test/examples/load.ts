/** The examples as somebody's plugins: loaded from their folders, as the program loads them. */
import { resolve } from "node:path";
import type { Plugin } from "../../src/plugin/contract.ts";
import { loadPlugin } from "../../src/plugin/load.ts";
import { locatePlugin } from "../../src/plugin/locate.ts";
import { pluginFiles } from "../../src/plugin/trust/files.ts";

const examples = resolve(import.meta.dir, "../../examples");

export async function loadExample(name: string): Promise<Plugin> {
  const location = locatePlugin(`./${name}`, examples);
  return (await loadPlugin(location, pluginFiles(location))).plugin;
}
