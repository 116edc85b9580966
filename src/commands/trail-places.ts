import { homedir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { namedDirectory } from "../storage/own-file.ts";
import type { Call } from "./command.ts";

/** Where the trail of this project is, and what it calls the project. */
export const trailPlaces = ({ env }: Pick<Call, "env">, { directory, name }: Config) => ({
  file: join(directory, ".contextcore", "audit.jsonl"),
  home: namedDirectory(join(env.HOME || homedir(), ".contextcore")),
  project: name,
});
