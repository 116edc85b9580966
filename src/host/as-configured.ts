/** Applies the configured settings of an instance to its backend, so that no plugin need know them. */
import { join } from "node:path";
import { type Backend, IMPORTANCES, type Plugin, type Size } from "../contract/contract.ts";
import { directorySize } from "../contract/directory-size.ts";
import { PluginError } from "../contract/errors.ts";
import { isThere } from "../storage/entries.ts";
import type { Options } from "./plugin/context.ts";

/** The core's settings of an instance, and which of them somebody wrote. */
interface InstanceSaid {
  readonly core: Options;
  readonly said: ReadonlySet<string>;
  readonly plugin: Pick<Plugin, "importance" | "dataFiles">;
}

/** The same backend with the configured importance; if a data directory is configured, it is measured for the size. */
export function asConfigured(backend: Backend, { core, said, plugin }: InstanceSaid): Backend {
  const given = said.has("importance") ? IMPORTANCES.find((one) => one === core.importance) : undefined;
  const { data } = core;
  return {
    ...backend,
    async inventory(signal) {
      const found = await backend.inventory(signal);
      return { ...found, importance: given ?? found.importance ?? plugin.importance ?? "medium" };
    },
    ...(typeof data === "string" ? { size: (signal) => measure(backend, { ...plugin, data }, signal) } : {}),
  };
}

interface Measured extends Pick<Plugin, "dataFiles"> {
  readonly data: string;
}

/** If a directory cannot be measured, that is reported and the backend's own size is used. */
async function measure(backend: Backend, measured: Measured, signal: AbortSignal): Promise<Size> {
  try {
    return { bytes: await onDisk(measured, signal), source: "disk" };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const { how, ...size } = await backend.size(signal);
    return { ...size, how: `${how === undefined ? "" : `${how}, `}since ${error.message}` };
  }
}

async function onDisk({ data, dataFiles = [] }: Measured, signal: AbortSignal): Promise<number> {
  const [first] = dataFiles;
  if (first === undefined || !isThere(join(data, first))) return directorySize(data, signal);
  let bytes = 0;
  for (const name of dataFiles) {
    if (isThere(join(data, name))) bytes += await directorySize(join(data, name), signal);
  }
  return bytes;
}
