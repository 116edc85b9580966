/** The service as its users meet it: the program, started in a project, asked over HTTP. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd } from "./at-end.ts";
import { binary, cleanEnv, run } from "./binary.ts";
import { temporaryDirectory } from "./directory.ts";

export interface StartedService {
  readonly url: string;
  readonly cwd: string;
  readonly pid: number;
  /** The first admin's token; of the relay alone there is none. */
  readonly admin: string;
  /** Everything on stderr so far. */
  log(): string;
  /** Asks with the admin's token, unless the headers say otherwise. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Ends it as `kill` does. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number>;
  readonly exited: Promise<number>;
}

export interface ServiceOptions {
  /** Default a free port of this machine's own address. */
  readonly listen?: string;
  /** A command that ends with running the program with the words that follow. */
  readonly around?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A stack whose servers nobody asks. */
export const QUIET_PROJECT =
  "name: shop\nbackends:\n  tempo: { enabled: false }\n  mimir: { enabled: false }\n  loki: { enabled: false }\n  grafana: { enabled: false }\n";

/** A fresh project, with further lines of its configuration. */
export const quietProject = (more = ""): string =>
  temporaryDirectory({ "contextcore.yaml": `${QUIET_PROJECT}${more}` });

/** Starts the service there, and waits until it says where it listens. @throws Error with its log when it ends before */
export async function startService(cwd: string, options: ServiceOptions = {}): Promise<StartedService> {
  const { listen = "127.0.0.1:0", args = [] } = options;
  const child = Bun.spawn([...(options.around ?? [binary]), "serve", "--listen", listen, ...args], {
    cwd,
    env: { ...cleanEnv(cwd), ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  atEnd(() => child.kill("SIGKILL"));
  let log = "";
  let heard = (): void => {};
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const piece of child.stderr) {
      log += decoder.decode(piece, { stream: true });
      heard();
    }
  })();
  const url = await new Promise<string>((resolve, reject) => {
    heard = () => {
      const [found] = /https?:\/\/[\w.[\]:]+:\d+/.exec(log) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.exited.then(async (code) => {
      await reading;
      reject(new Error(`the service ended with ${code}:\n${log}`));
    });
  });
  const admin = tokenIn(options.around === undefined ? cwd : `/proc/${child.pid}/root${cwd}`);
  return {
    url,
    cwd,
    pid: child.pid,
    admin,
    log: () => log,
    ask: (path, init = {}) =>
      fetch(`${url}${path}`, { ...init, headers: { Authorization: `Bearer ${admin}`, ...init.headers } }),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      const code = await child.exited;
      await reading;
      return code;
    },
    exited: child.exited,
  };
}

/** A service of the relay alone makes none. */
function tokenIn(cwd: string): string {
  const path = join(cwd, ".contextcore", "admin-token");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

/** A new token of this project. */
export async function tokenFor(cwd: string, name: string, role: string): Promise<string> {
  const { stdout, exitCode, stderr } = await run(["serve", "token", "add", name, "--role", role], { cwd });
  if (exitCode !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** The events of the project's trail, oldest first. */
export const eventsOf = (cwd: string) =>
  readFileSync(join(cwd, ".contextcore/audit.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
