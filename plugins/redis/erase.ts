/** Erases a person's keys from a running server, and has it write its files on disk without them. */
import { type EraseAnswer, type EraseRequest, parseShape, type v } from "contextcore";
import { type Connection, openConnection, type Server } from "./connection.ts";
import { tidyDisk } from "./disk.ts";
import { reference } from "./find.ts";
import { personPattern } from "./pattern.ts";
import { ReplyError, refusal } from "./reply.ts";

/** Erases what was found. @throws PluginError */
export async function eraseKeys(
  server: Server,
  { id, found }: EraseRequest,
  signal: AbortSignal,
): Promise<EraseAnswer> {
  const references = found.map((one) =>
    parseShape("redis: a reference", reference, JSON.stringify(one.reference)),
  );
  using connection = await openConnection(server, signal);
  for (const one of references) await remove(connection, one, id);
  const { isDone, reason } = await tidyDisk(connection, signal);
  return {
    outcomes: found.map(({ count }) => ({
      ...{ state: isDone ? "erased" : "owed", count },
      ...(reason !== undefined && { reason }),
    })),
  };
}

async function remove(
  connection: Connection,
  { database, where, keys }: v.InferOutput<typeof reference>,
  id: string,
): Promise<void> {
  const { isTheirs } = personPattern(where, id);
  const theirs = keys.map((key) => Buffer.from(key, "base64")).filter(isTheirs);
  if (theirs.length === 0) return;
  await connection.call("SELECT", `${database}`);
  const [reply = null] = await connection.callAll([["UNLINK", ...theirs]]);
  if (!(reply instanceof ReplyError)) return;
  // Before 4.0 it is not known.
  if (!/^ERR unknown command/i.test(reply.message)) throw refusal(reply, connection.where, "UNLINK");
  await connection.call("DEL", ...theirs);
}
