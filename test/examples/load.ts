/** The examples as somebody's plugins: each in a process of its own, as the program runs them. */
import { resolve } from "node:path";
import { boundsFrom } from "../../src/host/apart/bounds.ts";
import { loadApart } from "../../src/host/apart/load-apart.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { pluginFiles } from "../../src/host/trust/files.ts";

const examples = resolve(import.meta.dir, "../../examples");

/** As a target of the conformance suite begins. */
export async function loadExample(name: string) {
  const location = locatePlugin(`./${name}`, examples);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const launch = { location, files: pluginFiles(location), say, shared: true, ...boundsFrom({}) };
  const { plugin, apart } = await loadApart(launch);
  return { declaration: plugin, apart, origin: "third-party" as const };
}
