/** Erases a person's keys from a running server, and has it write its files on disk without them. */
import { type EraseAnswer, type EraseRequest, type ErasureOutcome, parseShape, type v } from "contextcore";
import { type Connection, openConnection, type Server } from "./connection.ts";
import { tidyDisk } from "./disk.ts";
import { reference } from "./find.ts";
import { personPattern } from "./pattern.ts";
import { type Reply, ReplyError, refusal } from "./reply.ts";

type Outcome = Omit<ErasureOutcome, "count">;

/** Erases what was found. What the server refuses keeps nothing else. @throws PluginError */
export async function eraseKeys(
  server: Server,
  { id, found }: EraseRequest,
  signal: AbortSignal,
): Promise<EraseAnswer> {
  const references = found.map((one) =>
    parseShape("redis: a reference", reference, JSON.stringify(one.reference)),
  );
  using connection = await openConnection(server, signal);
  const refused: (Outcome | undefined)[] = [];
  for (const one of references) refused.push(await remove(connection, one, id));
  const { isDone, reason } = await tidyDisk(connection, signal);
  const done: Outcome = { state: isDone ? "erased" : "owed", ...(reason !== undefined && { reason }) };
  return { outcomes: found.map(({ count }, n) => ({ ...(refused[n] ?? done), count })) };
}

/** @returns what became of them if they are not all gone */
async function remove(
  connection: Connection,
  { database, where, keys }: v.InferOutput<typeof reference>,
  id: string,
): Promise<Outcome | undefined> {
  const { isTheirs } = personPattern(where, id);
  const theirs = keys.map((key) => Buffer.from(key, "base64")).filter(isTheirs);
  if (theirs.length === 0) return undefined;
  await connection.call("SELECT", `${database}`);
  const error = await unlinked(connection, theirs);
  if (error === undefined) return undefined;
  const impossible = IMPOSSIBLE[error.code];
  // No word of the server's is repeated here: it may name a key.
  if (impossible !== undefined) return { state: "impossible", reason: impossible };
  throw refusal(error, connection.where, "UNLINK");
}

const IMPOSSIBLE: Readonly<Record<string, string>> = {
  NOPERM: "The user may not remove these keys (NOPERM): it needs ~* and +unlink.",
  MOVED:
    "The server is part of a cluster, and these keys are another one's: name each master as a backend of its own.",
  READONLY: "The server is a replica: name its master.",
};

async function unlinked(connection: Connection, keys: readonly Buffer[]): Promise<ReplyError | undefined> {
  const error = failed(await connection.callAll([["UNLINK", ...keys]]));
  // Before 4.0 it is not known.
  if (error !== undefined && /^ERR unknown command/i.test(error.message))
    return failed(await connection.callAll([["DEL", ...keys]]));
  // A master of a cluster takes only keys of one slot in one command.
  if (error?.code === "CROSSSLOT" || (error?.code === "MOVED" && keys.length > 1))
    return failed(await connection.callAll(keys.map((key) => ["UNLINK", key])));
  return error;
}

const failed = (replies: readonly Reply[]): ReplyError | undefined =>
  replies.find((reply) => reply instanceof ReplyError);
