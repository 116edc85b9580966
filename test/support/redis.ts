/** Real Redis and Valkey servers for tests: installed when they are not there, on 127.0.0.1, empty, gone when the test run ends. */
import { join } from "node:path";
import { atEnd } from "./at-end.ts";
import { debianProgram } from "./debian.ts";
import { temporaryDirectory } from "./directory.ts";

const NEWEST = { suite: "sid", package: "redis-server", program: "redis-server" };

/** Their programs, known when this file is loaded. */
const PROGRAMS = {
  "Redis 8": debianProgram(NEWEST),
  "Redis of this release": debianProgram({ package: "redis-server", program: "redis-server" }),
  "Valkey 9": debianProgram({ suite: "sid", package: "valkey-server", program: "valkey-server" }),
};
/** What can be started. */
export type RedisKind = keyof typeof PROGRAMS;
/** Every kind. */
export const REDIS_KINDS = Object.keys(PROGRAMS) as RedisKind[];

/** Its own client, as a second opinion. */
export const REDIS_CLI = debianProgram({ suite: "sid", package: "redis-tools", program: "redis-cli" });

export interface RedisServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  readonly directory: string;
  /** Runs commands, one a line, as redis-cli reads them. @returns what it printed */
  cli(commands: string, ...flags: readonly string[]): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const started: (() => Promise<void>)[] = [];
atEnd(async () => void (await Promise.all(started.splice(0).map((stop) => stop()))));

/** It ends with the test runner, also when that is killed before it could stop it. */
const WITH_US = Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "TERM"];

/** Starts one and waits until it answers. A dump to a replica begins at once, and not after five seconds. */
export async function startRedis(
  kind: RedisKind = "Redis 8",
  flags: readonly string[] = [],
  directory = temporaryDirectory(),
): Promise<RedisServer> {
  const port = freePort();
  const own = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    directory,
    "--save",
    "",
    "--repl-diskless-sync-delay",
    "0",
  ];
  const child = Bun.spawn([...WITH_US, PROGRAMS[kind], ...own, ...flags], {
    stdout: Bun.file(join(directory, "log")),
    stderr: "ignore",
  });
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    child.kill(signal);
    await child.exited;
  };
  started.push(stop);
  const cli = (commands: string, ...more: readonly string[]): string => {
    const done = Bun.spawnSync([REDIS_CLI, "-h", "127.0.0.1", "-p", `${port}`, ...more], {
      stdin: Buffer.from(commands),
      stderr: "pipe",
    });
    return done.stdout.toString();
  };
  for (const began = Date.now(); !/PONG|NOAUTH|WRONGPASS/.test(cli("PING\n")); ) {
    if (Date.now() - began > 30_000)
      throw new Error(`${kind} does not answer: ${await Bun.file(join(directory, "log")).text()}`);
    await Bun.sleep(20);
  }
  return { address: `127.0.0.1:${port}`, port, directory, cli, stop };
}

function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}
