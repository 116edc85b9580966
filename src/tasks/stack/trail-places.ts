import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/errors.ts";
import { namedPath } from "../../storage/own-file.ts";

/** Where this project's trail is, and the project's name in it. @throws ConfigError */
export const trailPlaces = ({ directory, name, env }: Pick<Config, "directory" | "name" | "env">) => ({
  file: join(directory, ".contextcore", "audit.jsonl"),
  home: namedPath(homeOf(env)),
  project: name,
});

/** Where the home copy is, whichever directory the program is started in. */
function homeOf(env: Config["env"]): string {
  const named = env.CONTEXTCORE_HOME || join(env.HOME || homedir(), ".contextcore");
  if (isAbsolute(named)) return named;
  const where = env.CONTEXTCORE_HOME ? "CONTEXTCORE_HOME" : "HOME";
  throw new ConfigError([{ where, key: "", what: "not an absolute path", hint: `${where}=/home/you/…` }]);
}
