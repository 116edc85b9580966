/** One person's keys on a running server. */
import type { FindRequest, Found } from "contextcore";
import { v } from "contextcore";
import { openConnection, type Server } from "./connection.ts";
import { infoOf, keyspacesIn } from "./info.ts";
import { personPattern } from "./pattern.ts";
import { scanned } from "./read-keys.ts";
import { createSeen } from "./seen.ts";

/** By what keys are erased: their names, in base64. */
export const reference = v.object({
  database: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The pattern, with `{id}`. */
  where: v.string(),
  keys: v.array(v.pipe(v.string(), v.base64())),
});

/** So many keys are one thing to erase. */
const KEYS = 1_000;

/** Finds them in every database, each once. A key has no time: it is found whatever the range is. @throws PluginError */
export async function* findKeys(
  server: Server,
  { id, where }: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const { scanned: pattern, isTheirs } = personPattern(where, id);
  using connection = await openConnection(server, signal);
  for (const { database } of keyspacesIn(await infoOf(connection))) {
    await connection.call("SELECT", `${database}`);
    let found: Buffer[] = [];
    for await (const keys of scanned(connection, createSeen(), pattern)) {
      found.push(...keys.filter(isTheirs));
      for (; found.length >= KEYS; found = found.slice(KEYS))
        yield foundOf(found.slice(0, KEYS), { database, where });
    }
    if (found.length > 0) yield foundOf(found, { database, where });
  }
}

const foundOf = (
  keys: readonly Buffer[],
  { database, where }: { readonly database: number; readonly where: string },
): Found => ({
  unit: "keys",
  count: keys.length,
  where: `keys ${where} of database ${database}`,
  reference: { database, where, keys: keys.map((key) => key.toString("base64")) },
});
