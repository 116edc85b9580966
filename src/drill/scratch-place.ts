/** Files, directories and databases below the scratch directory, for plugins whose data lies on this machine. */
import { dirname, join } from "node:path";
import type { Config } from "../config/config.ts";
import { configuredAs } from "../config/instances.ts";
import { about } from "../config/introspect.ts";
import { resolveOptions } from "../config/resolve-options.ts";
import type { Plugin } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { makeNamedDirectory } from "../storage/own-file.ts";
import { NoTargetError } from "./errors.ts";
import type { DrillScratch } from "./scratch.ts";

/** The option that says where a plugin's data lies on this machine. */
export const heldAt = ({ options }: Pick<Plugin, "options">): string | undefined =>
  Object.entries(options.entries).find(([, schema]) => about(schema).holds === true)?.[0];

const WILD = /[*?[\]{}]/;

/** Opens it as it is configured, but at the same path below the scratch directory. */
export async function inScratch(
  { name, configured = name, plugin, elsewhere }: OpenBackend,
  config: Config,
  scratch: DrillScratch,
): Promise<OpenBackend> {
  const key = heldAt(plugin) ?? "";
  const { options } = resolveOptions(configuredAs(configured, plugin), "backends", config);
  const path = options[key];
  if (typeof path !== "string" || elsewhere === undefined) throw new NoTargetError("its place is not known");
  const moved = join(scratch.folder("data"), path);
  makeNamedDirectory(fixedParent(moved));
  const overrides = { ...config.overrides, [`backends.${configured}.${key}`]: moved };
  return elsewhere({ name: configured, config: { ...config, overrides } });
}

/** The directory that a path is in, or that a pattern begins with. */
function fixedParent(path: string): string {
  const parts = path.split("/");
  const wild = parts.findIndex((part) => WILD.test(part));
  return wild < 0 ? dirname(path) : parts.slice(0, wild).join("/") || "/";
}
