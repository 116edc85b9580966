/** A connection to a Redis server. The values of keys are binary, so nothing is turned into text. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { isKind, PluginError, systemCode, systemRefusal } from "contextcore";
import { type ByteSource, createByteSource } from "./reader.ts";
import { type Reply, ReplyError, readReply, refusal } from "./reply.ts";

/** Where the server is, and as whom we come. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** PEM of further certificate authorities; absent: no TLS. */
  readonly tls?: { readonly ca?: string } | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** An open connection. */
export interface Connection extends Disposable {
  /** The server, for messages. */
  readonly where: string;
  /** Sends a command. @throws PluginError when the answer is an error */
  call(...command: Words): Promise<Exclude<Reply, ReplyError>>;
  /** Sends many commands at once. Errors are among the replies. */
  callAll(commands: readonly Words[]): Promise<Reply[]>;
  /** Sends a command whose answer is not a reply, but read by the caller. */
  send(...command: Words): void;
  readonly source: ByteSource;
}

type Word = string | Uint8Array;
type Words = readonly Word[];

/** Connects and signs in. Aborting the signal closes the connection. @throws PluginError */
export async function openConnection(server: Server, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  const { host, port, username, password } = server;
  const where = `redis at ${host}:${port}`;
  const socket =
    server.tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...server.tls });
  const close = (): void => void socket.destroy();
  signal.addEventListener("abort", close, { once: true });
  const source = createByteSource(piecesOf(socket, where, signal), where);
  const send = (...command: Words): void => void socket.write(encoded(command));
  const callAll = async (commands: readonly Words[]): Promise<Reply[]> => {
    socket.write(Buffer.concat(commands.map(encoded)));
    const replies: Reply[] = [];
    while (replies.length < commands.length) replies.push(await readReply(source));
    return replies;
  };
  const connection: Connection = {
    where,
    source,
    send,
    callAll,
    async call(...command) {
      const [reply = null] = await callAll([command]);
      if (reply instanceof ReplyError) throw refusal(reply, where, String(command[0]));
      return reply;
    },
    [Symbol.dispose]() {
      signal.removeEventListener("abort", close);
      close();
    },
  };
  try {
    await signIn(connection, { username, password });
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

/** A server without a password answers one with an error, and is open to everybody: that is no reason to stop. */
async function signIn(
  connection: Connection,
  { username, password }: Pick<Server, "username" | "password">,
): Promise<void> {
  if (password !== undefined) {
    const words = username === undefined ? ["AUTH", password] : ["AUTH", username, password];
    const [reply = null] = await connection.callAll([words]);
    const isNeedless = reply instanceof ReplyError && /without any password configured/.test(reply.message);
    if (reply instanceof ReplyError && !isNeedless) throw refusal(reply, connection.where, "AUTH");
  }
  await connection.call("PING");
}

async function* piecesOf(socket: Socket, where: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const piece of socket) yield piece;
  } catch (error) {
    signal.throwIfAborted();
    throw classified(error, where);
  }
  signal.throwIfAborted();
}

const ABSENT = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "EAI_AGAIN"];

function classified(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || isKind(error, "temporary", "invalid")) return error;
  const code = systemCode(error);
  const what = systemRefusal(error)?.what ?? error.message;
  if (code !== undefined && /CERT|SSL|TLS|ALTNAME/.test(code))
    return new PluginError("refused", `${where}: its certificate is not accepted (${code})`, {
      hint: "Set the option `ca` to the file of its certificate authority.",
      cause: error,
    });
  return new PluginError("temporary", `${where} cannot be reached: ${what}`, {
    absent: code !== undefined && ABSENT.includes(code),
    cause: error,
  });
}

function encoded(words: Words): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = typeof word === "string" ? Buffer.from(word) : word;
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

const CRLF = Buffer.from("\r\n");

/** Runs work on a connection of its own. */
export async function withConnection<Result>(
  server: Server,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  using connection = await openConnection(server, signal);
  return await work(connection);
}
