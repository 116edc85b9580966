/** A server that a drill starts for itself, where the plugin says how: on loopback, with a password of its own, in the scratch directory. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { Config } from "../config/config.ts";
import type { Plugin, ScratchServer } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { listen } from "../programs/lines.ts";
import { given } from "../units/given.ts";
import { sleep } from "../units/sleep.ts";
import { NoTargetError } from "./errors.ts";
import type { DrillScratch } from "./scratch.ts";

/** Where the first of a plugin's programs is that is on the PATH. */
export function programOf({ scratch }: Pick<Plugin, "scratch">, { env }: Config): string | undefined {
  for (const name of scratch?.programs ?? []) {
    const found = Bun.which(name, given({ PATH: env.PATH }));
    if (found !== null) return found;
  }
  return undefined;
}

interface StartOptions {
  readonly config: Config;
  readonly scratch: DrillScratch;
  readonly signal: AbortSignal;
}

interface ScratchStarted {
  /** What to open the plugin with. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly end: () => Promise<void>;
}

/** Starts the server, and waits until it takes connections. @throws Error with what it said when it ends instead */
export async function startScratchServer(
  { plugin, name, configured = name }: OpenBackend,
  { config, scratch, signal }: StartOptions,
): Promise<ScratchStarted> {
  const program = programOf(plugin, config);
  if (plugin.scratch === undefined || program === undefined)
    throw new NoTargetError("it has no scratch server");
  const port = await freePort();
  const place = {
    port: String(port),
    directory: scratch.folder(`server-${configured}`),
    secret: newSecret(),
  };
  const server = run(program, filled(plugin.scratch, place), { env: config.env, directory: place.directory });
  if (server.pid !== undefined) scratch.owns(server.pid);
  try {
    await untilListening(port, server, signal);
  } catch (error) {
    await server.end();
    throw error;
  }
  const kept = keptOf(plugin.scratch, config.backends[configured]?.options ?? {});
  return { options: { ...kept, ...filledOptions(plugin.scratch, place) }, end: server.end };
}

type Place = Readonly<Record<"port" | "directory" | "secret", string>>;

const fill = (text: string, place: Place): string =>
  text.replace(/\{(port|directory|secret)\}/g, (_, name: keyof Place) => place[name]);

const filled = ({ args, input = "" }: ScratchServer, place: Place) => ({
  args: args.map((arg) => fill(arg, place)),
  input: fill(input, place),
});

const filledOptions = ({ options }: ScratchServer, place: Place) =>
  Object.fromEntries(Object.entries(options).map(([key, text]) => [key, fill(text, place)]));

const keptOf = ({ keeps = [] }: ScratchServer, written: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(written).filter(([key]) => keeps.includes(key)));

const newSecret = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("hex");

interface RunningServer {
  readonly pid: number | undefined;
  /** What it printed last, once it has ended. */
  ended(): string | undefined;
  end(): Promise<void>;
}

const SAID_MAX = 5;

function run(
  program: string,
  { args, input }: { readonly args: readonly string[]; readonly input: string },
  { env, directory }: { readonly env: Config["env"]; readonly directory: string },
): RunningServer {
  const child = spawn(program, args, {
    cwd: directory,
    env: { ...given({ PATH: env.PATH }), LC_ALL: "C" },
    stdio: "pipe",
    // A Ctrl-C is ours to handle.
    detached: true,
  });
  const said: string[] = [];
  const hear = (line: string): void => void (said.push(line) > SAID_MAX && said.shift());
  for (const output of [child.stdout, child.stderr]) listen(output, hear);
  let isOver = false;
  const gone = new Promise<void>((resolve) => {
    const over = (): void => {
      isOver = true;
      resolve();
    };
    child.once("exit", over);
    child.once("error", (error) => {
      hear(error.message);
      over();
    });
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    pid: child.pid,
    ended: () => (isOver ? said.join("; ") : undefined),
    async end() {
      // Nothing of it is kept.
      kill();
      await gone;
      process.off("exit", kill);
    },
  };
}

const START_MS = 15_000;
const LOOK_EVERY_MS = 20;

async function untilListening(port: number, server: RunningServer, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await isListening(port))) {
    const said = server.ended();
    if (said !== undefined) throw new Error(`the scratch server did not start: ${said}`);
    if (performance.now() > deadline) throw new Error("the scratch server did not start in time");
    await sleep(LOOK_EVERY_MS, signal);
  }
}

async function isListening(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

/** A port of loopback that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
