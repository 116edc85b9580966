/** A server's own files: a key that is gone from its memory stays in them until they are written anew. https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ */
import { sleep } from "contextcore";
import type { Connection } from "./connection.ts";
import { type Info, infoOf } from "./info.ts";
import { ReplyError } from "./reply.ts";

/** Whether the files are as the memory is now. */
interface Tidied {
  readonly isDone: boolean;
  /** What is to be said about it, in sentences. */
  readonly reason?: string;
}

/** One of the files, and how it is written anew. */
interface DiskFile {
  readonly name: string;
  readonly command: readonly string[];
  readonly isBusy: (info: Info) => boolean;
  readonly hasFailed: (info: Info) => boolean;
}

const LOG: DiskFile = {
  name: "append-only file",
  command: ["BGREWRITEAOF"],
  isBusy: (info) => info.get("aof_rewrite_in_progress") === "1" || info.get("aof_rewrite_scheduled") === "1",
  hasFailed: (info) => info.get("aof_last_bgrewrite_status") === "err",
};

const DUMP: DiskFile = {
  name: "dump",
  command: ["BGSAVE"],
  isBusy: (info) => info.get("rdb_bgsave_in_progress") === "1",
  hasFailed: (info) => info.get("rdb_last_bgsave_status") === "err",
};

/** Has the server write its files anew, and waits for that. @throws PluginError when the connection ends */
export async function tidyDisk(connection: Connection, signal: AbortSignal): Promise<Tidied> {
  const info = await infoOf(connection);
  const files = [
    ...(info.get("aof_enabled") === "1" ? [LOG] : []),
    ...((await mayHaveDump(connection, info)) ? [DUMP] : []),
  ];
  const reasons: string[] = [];
  for (const file of files) {
    const objection = await writeAnew(connection, file, signal);
    if (objection !== undefined) reasons.push(objection);
  }
  const isDone = reasons.length === 0;
  if (Number(info.get("connected_slaves") ?? 0) > 0) reasons.push(REPLICAS);
  return { isDone, ...(reasons.length > 0 && { reason: reasons.join(" ") }) };
}

const REPLICAS = "Its replicas write their own files when they are configured to.";

/** It saves by itself, or has saved, or was started from a dump; unless it says so, it may have. */
async function mayHaveDump({ callAll }: Connection, info: Info): Promise<boolean> {
  const [reply = null] = await callAll([["CONFIG", "GET", "save"]]);
  const savesNever = Array.isArray(reply) && String(reply[1] ?? "") === "";
  const hasNever = ["rdb_saves", "rdb_last_load_keys_loaded"].every((name) => info.get(name) === "0");
  return !(savesNever && hasNever);
}

/** So long a server may take for all its memory. ms */
const WAIT_MS = 20 * 60_000;
const LOOK_MS = 100;

/** @returns why it is not written anew */
async function writeAnew(
  connection: Connection,
  { name, command, isBusy, hasFailed }: DiskFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  const until = Date.now() + WAIT_MS;
  const settled = async (): Promise<Info | undefined> => {
    for (;;) {
      const info = await infoOf(connection);
      if (!isBusy(info)) return info;
      if (Date.now() > until) return undefined;
      await sleep(LOOK_MS, signal);
    }
  };
  // What is being written now was begun before the keys were gone.
  if ((await settled()) === undefined) return LATE(name, command);
  const [reply = null] = await connection.callAll([command]);
  if (reply instanceof ReplyError)
    return `They are removed from its memory, and its ${name} on disk still has them: the server did not take ${command.join(" ")} (${reply.code}). Run it as a user who may.`;
  const info = await settled();
  if (info === undefined) return LATE(name, command);
  return hasFailed(info)
    ? `They are removed from its memory, and its ${name} on disk still has them: the server could not write it anew.`
    : undefined;
}

const LATE = (name: string, command: readonly string[]): string =>
  `They are removed from its memory, and the server is still writing its ${name} anew (${command.join(" ")}).`;
