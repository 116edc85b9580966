import { homedir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { namedPath } from "../storage/own-file.ts";

/** Where this project's trail is, and the project's name in it. */
export const trailPlaces = ({ directory, name, env }: Config) => ({
  file: join(directory, ".contextcore", "audit.jsonl"),
  home: namedPath(join(env.HOME || homedir(), ".contextcore")),
  project: name,
});
