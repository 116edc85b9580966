/** What a destroy leaves alone: data that lies where its command, as far as that is known, deletes nothing. */
import { basename, join, resolve } from "node:path";
import { isBelow } from "../agreement/outside.ts";
import type { Config } from "../config/config.ts";
import { realPath } from "../storage/real-path.ts";
import { listed } from "../units/words.ts";
import type { Loss } from "./losses.ts";
import type { Surveyed } from "./survey.ts";

/** A backend whose data stays. */
export interface Untouched {
  readonly backend: string;
  /** The end of a sentence: `not touched: app: …`. */
  readonly why: string;
}

/** What a destroy does to the backends, by what is known of its command. */
export interface Touching {
  readonly untouched: readonly Untouched[];
  /** Backends whose data lies in files of this machine; whether the command deletes those is not known. */
  readonly unknown: readonly Untouched[];
}

/** As much of the configuration as tells. */
type Destroying = Pick<Config, "directory" | "destroy" | "env">;

/** Tells the backends that stay from those that nothing is known of; the others are taken to be destroyed. */
export function touching(findings: readonly Pick<Surveyed, "name" | "open">[], config: Destroying): Touching {
  const deleted = deletedBy(config);
  const untouched: Untouched[] = [];
  const unknown: Untouched[] = [];
  for (const { name: backend, open } of findings) {
    const { beside, places = [] } = open ?? {};
    if (beside === true)
      untouched.push({ backend, why: "the configuration says that it stands beside the stack" });
    if (beside !== undefined || places.length === 0) continue;
    const why = `its data is in ${listed(places)}`;
    if (deleted === undefined) unknown.push({ backend, why });
    else if (!places.some((place) => deleted(realPath(place)))) untouched.push({ backend, why });
  }
  return { untouched, unknown };
}

/** The losses of what a destroy touches. */
export const touchedLosses = (losses: readonly Loss[], { untouched }: Touching): Loss[] =>
  losses.filter(({ backend }) => !untouched.some((one) => one.backend === backend));

/** The findings of what a destroy touches. */
export const touchedFindings = <Finding extends Pick<Surveyed, "name">>(
  findings: readonly Finding[],
  { untouched }: Touching,
): Finding[] => findings.filter(({ name }) => !untouched.some(({ backend }) => backend === name));

/** Lines for people: what stays, and what is counted because nobody knows. */
export const touchingLines = ({ untouched, unknown }: Touching): string[] => [
  ...untouched.map(({ backend, why }) => `not touched: ${backend}: ${why}`),
  ...unknown.map(
    ({ backend, why }) =>
      `counted: ${backend}: ${why}; whether the command deletes that is not known (destroy.deletes tells)`,
  ),
];

/** Whether a path is deleted, in whole or in part; `undefined`: nothing is known of the command. */
function deletedBy({ destroy, directory, env }: Destroying): ((path: string) => boolean) | undefined {
  const { command, deletes } = destroy;
  const isCompose = takesComposeDown(command);
  if (!isCompose && deletes === undefined) return undefined;
  const own = (deletes ?? []).map((path) => realPath(resolve(directory, path)));
  const engines = isCompose ? enginePlaces(env) : [];
  return (path) =>
    [...own, ...engines].some((place) => isBelow(path, place) || isBelow(place, path)) ||
    (isCompose && IN_VOLUME.test(path));
}

/** A volume, wherever its engine keeps them. */
const IN_VOLUME = /\/volumes\/[^/]+\/_data(?:\/|$)/;

/** Where engines keep containers and volumes unless they are told otherwise. */
const enginePlaces = ({ HOME }: Config["env"]): string[] => [
  "/var/lib/docker",
  "/var/lib/containers",
  ...(HOME === undefined ? [] : ["docker", "containers"].map((name) => join(HOME, ".local/share", name))),
];

const VALUED =
  /^(?:-f|--file|-p|--project-name|--project-directory|--env-file|--profile|--parallel|--ansi|--progress|-c|--context|-H|--host|-l|--log-level|--config)$/;

/** Whether it is `docker compose down` with any options: that deletes containers, networks and volumes, and no directory of the machine. */
function takesComposeDown(command: readonly string[]): boolean {
  const [first = "", ...rest] = command[0] === "sudo" ? command.slice(1) : command;
  const words = rest.filter((word, at) => !word.startsWith("-") && !VALUED.test(rest[at - 1] ?? ""));
  const program = basename(first);
  if (/^(?:docker|podman)-compose$/.test(program)) return words[0] === "down";
  return /^(?:docker|podman|nerdctl)$/.test(program) && words[0] === "compose" && words[1] === "down";
}
