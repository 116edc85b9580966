/** One person's data on the servers, by what their backends find. */
import { OWN_RUNS, type PersonPlace } from "../config/subjects.ts";
import type { Found } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { messageOf } from "../units/message-of.ts";
import type { FoundOnServer, Unsearched } from "./subject-found.ts";
import { placesIn } from "./subject-stays.ts";
import type { TaskContext } from "./task/task.ts";

/** What servers have, and which of them could not be asked. */
interface OnServers {
  readonly servers: readonly FoundOnServer[];
  readonly unsearched: readonly Unsearched[];
}

type Asked = Pick<TaskContext, "backends" | "failures" | "config" | "signal">;

/** Where a person shows up in a backend, by the name that the configuration gives it. */
export const placesOf = (
  { config }: Pick<TaskContext, "config">,
  { name, configured = name }: Pick<OpenBackend, "name" | "configured">,
): readonly PersonPlace[] =>
  Object.hasOwn(config.subjects, name) ? placesIn(config, name) : placesIn(config, configured);

/** Asks every backend of which the configuration says where persons show up. */
export async function findOnServers(context: Asked, id: string): Promise<OnServers> {
  const servers: FoundOnServer[] = [];
  const unsearched: Unsearched[] = [];
  for (const open of context.backends.filter(({ name }) => name !== OWN_RUNS)) {
    const places = placesOf(context, open);
    const wheres = places.flatMap(({ where }) => where ?? []);
    if (wheres.length === 0) continue;
    try {
      const found = await foundBy(open, id, wheres, context.signal);
      if (found.length > 0) servers.push({ backend: open.name, found });
    } catch (error) {
      context.signal.throwIfAborted();
      unsearched.push({ source: "server", name: open.name, reason: messageOf(error) });
    }
  }
  return { servers, unsearched: [...unsearched, ...notOpened(context)] };
}

async function foundBy(
  { backend }: OpenBackend,
  id: string,
  wheres: readonly string[],
  signal: AbortSignal,
): Promise<Found[]> {
  if (backend.find === undefined) throw new Error(CANNOT_FIND);
  const found: Found[] = [];
  for (const where of wheres)
    for await (const one of backend.find({ id, where }, signal)) if (one.count > 0) found.push(one);
  return found;
}

const CANNOT_FIND =
  "its plugin cannot look for a person on the server; what snapshots hold of it was looked through";

const notOpened = ({ failures, config }: Asked): Unsearched[] =>
  failures
    .filter(({ name }) => Object.hasOwn(config.subjects, name))
    .map(({ name, error }) => ({ source: "server", name, reason: error.message }));
