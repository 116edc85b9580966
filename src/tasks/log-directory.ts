/** Which directory has the log files, and that it is one that files may go from. */
import { join, relative, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { namedPath } from "../storage/own-file.ts";
import { UsageError } from "./task/errors.ts";

/** @returns absolute, through links @throws UsageError when there is none, or it holds what is no log */
export function logDirectoryOf(config: Config, home: string): string {
  if (config.logs.directory === undefined)
    throw new UsageError(
      "no directory of log files is configured",
      "logs.directory in contextcore.yaml names it",
    );
  const real = namedPath(resolve(config.directory, config.logs.directory));
  const why = real === "/" ? "everything is in it" : whyNot(real, config, home);
  if (why === undefined) return real;
  throw new UsageError(
    `logs.directory: ${real} is no directory of log files: ${why}`,
    "name a directory that has log files alone",
  );
}

function whyNot(real: string, config: Config, home: string): string | undefined {
  const own = touching(real, [join(config.directory, ".contextcore"), config.backups, home]);
  if (own !== undefined) return `contextcore keeps its own in ${own}`;
  const data = touching(real, pathsIn(config, "backends", "data"));
  if (data !== undefined) return `a server keeps its data in ${data}`;
  const copies = touching(real, pathsIn(config, "stores", "path"));
  return copies === undefined ? undefined : `copies of snapshots are in ${copies}`;
}

/** The first that is this directory, in it, or around it. */
const touching = (real: string, paths: readonly string[]): string | undefined =>
  paths.map(namedPath).find((one) => isWithin(one, real) || isWithin(real, one));

function pathsIn(config: Config, group: "backends" | "stores", setting: "data" | "path"): string[] {
  return Object.values(config[group]).flatMap(({ options }) => {
    const path = options[setting];
    return typeof path === "string" ? [resolve(config.directory, path)] : [];
  });
}

/** Whether it is this directory, or in it. */
function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || !(way === ".." || way.startsWith("../") || way.startsWith("/"));
}
