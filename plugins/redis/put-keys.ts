/** Puts keys into a running server, as `RESTORE` takes them. */
import { canonical } from "./canonical.ts";
import type { Connection } from "./connection.ts";
import type { SavedKey } from "./line.ts";
import { ReplyError, refusal } from "./reply.ts";

/** What became of keys. */
export interface Put {
  written: number;
  /** Already there with the same value. */
  existing: number;
  /** Not written, and why. */
  readonly refused: { readonly key: SavedKey; readonly reason: string }[];
  /** Expired since they were saved: there is nothing to put back. */
  readonly expired: SavedKey[];
}

/** Nothing yet. */
export const nothingPut = (): Put => ({ written: 0, existing: 0, refused: [], expired: [] });

const OTHER = "The server holds another value under this key, which stays.";

/** Writes those whose names are free; what is there stays. @throws PluginError when the server takes no key at all */
export async function putKeys(connection: Connection, keys: readonly SavedKey[], done: Put): Promise<void> {
  const now = BigInt(Date.now());
  for (const [database, all] of Map.groupBy(keys, (key) => key.database)) {
    const [selected] = await connection.callAll([["SELECT", `${database}`]]);
    if (selected instanceof ReplyError) {
      refuseAll(selected, all, done, connection);
      continue;
    }
    const isAlive = ({ expires }: SavedKey): boolean => expires === undefined || expires > now;
    const alive = all.filter(isAlive);
    done.expired.push(...all.filter((key) => !isAlive(key)));
    const taken = await putInto(connection, alive, done);
    await compare(connection, taken, done);
  }
}

/** A server has as many databases as it is configured to. @throws PluginError when it takes nothing at all */
function refuseAll(
  reply: ReplyError,
  keys: readonly SavedKey[],
  done: Put,
  { where }: Pick<Connection, "where">,
): void {
  if (reply.code !== "ERR") throw refusal(reply, where, "SELECT");
  done.refused.push(...keys.map((key) => ({ key, reason: reply.message })));
}

/** @returns those whose names are taken */
async function putInto(connection: Connection, keys: readonly SavedKey[], done: Put): Promise<SavedKey[]> {
  const replies = await connection.callAll(
    keys.map(({ key, dump, expires }) => ["RESTORE", key, `${expires ?? 0n}`, dump, "ABSTTL"]),
  );
  return keys.filter((key, n) => {
    const reply = replies[n];
    if (!(reply instanceof ReplyError)) done.written += 1;
    else if (reply.code === "BUSYKEY") return true;
    // Only this value is not taken: it is too large, or of a module that the server lacks.
    else if (reply.code === "ERR") done.refused.push({ key, reason: reply.message });
    else throw refusal(reply, connection.where, "RESTORE");
    return false;
  });
}

/** The same value may be held in another encoding; then it counts as another one. */
async function compare(connection: Connection, keys: readonly SavedKey[], done: Put): Promise<void> {
  const replies = await connection.callAll(keys.map(({ key }) => ["DUMP", key]));
  for (const [n, key] of keys.entries()) {
    const held = replies[n];
    if (Buffer.isBuffer(held) && canonical(held).equals(canonical(key.dump))) done.existing += 1;
    else done.refused.push({ key, reason: OTHER });
  }
}
