import { loadConfig } from "../../src/config/load.ts";
import { definePlugin, type OptionsSchema, type Plugin } from "../../src/contract/contract.ts";
import type { OpenSink } from "../../src/host/open.ts";
import { openSink as openThroughHost } from "../../src/host/opening.ts";

/** A sink as a command opens it. @param name another one, for two of a kind */
export async function openSink<Schema extends OptionsSchema>(
  plugin: Plugin<Schema>,
  options: Readonly<Record<string, unknown>>,
  name = plugin.name,
): Promise<OpenSink> {
  const config = await loadConfig({ directory: "/", env: {} });
  const sinks = { [name]: { enabled: true, options } };
  const loaded = { plugin: definePlugin({ ...plugin, name }) as unknown as Plugin, source: "built-in" };
  const [sink] = await openThroughHost(loaded, { ...config, sinks }, {});
  if (sink === undefined) throw new Error(`${plugin.name} has no sink`);
  return sink;
}
