/** Puts libraries of functions into a running server. https://redis.io/docs/latest/commands/function-load/ */
import type { Problem } from "contextcore";
import type { Connection } from "./connection.ts";
import { type Reply, ReplyError } from "./reply.ts";

/** Loads those whose names are free; what is there stays. @returns what was not possible */
export async function loadLibraries(
  connection: Connection,
  libraries: readonly Buffer[],
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const code of libraries) {
    const [reply] = await connection.callAll([["FUNCTION", "LOAD", code]]);
    if (!(reply instanceof ReplyError) || (await isThere(connection, code))) continue;
    const reason = `The server did not take a library of functions: ${reply.message}.`;
    problems.push({ kind: "lossy", reason, items: [nameOf(code)] });
  }
  return problems;
}

async function isThere(connection: Connection, code: Buffer): Promise<boolean> {
  const [held = null] = await connection.callAll([
    ["FUNCTION", "LIST", "LIBRARYNAME", nameOf(code), "WITHCODE"],
  ]);
  const has = (reply: Reply): boolean =>
    Buffer.isBuffer(reply) ? reply.equals(code) : Array.isArray(reply) && reply.some(has);
  return has(held);
}

/** By its first line: `#!lua name=mylib`. */
const nameOf = (code: Buffer): string => /^#!\S+ +name=(\S+)/.exec(code.toString())?.[1] ?? "a library";
