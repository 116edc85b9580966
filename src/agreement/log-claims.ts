/** The claim of `logs`: where log files are compressed and removed. */
import type { Config } from "../config/config.ts";
import type { Claim } from "./claim.ts";
import { pathClaims } from "./places.ts";

/** What the project's file says; a flag and a variable are the user's own. */
export function logClaims(config: Config): Claim[] {
  const written = config.fromFile?.(["logs", "directory"]);
  if (typeof written !== "string") return [];
  return pathClaims({ key: "logs.directory", text: written, isFile: true }, config, config.directory);
}
