/**
 * What third-party code may not do while it runs in this process: end it, print, read `process.env`.
 * It is a fence against mistakes and carelessness, not a sandbox: code that wants out finds a way (a child process, a
 * write to descriptor 1, `Bun.env`), which is why it is loaded only when its files are trusted.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { busyWith } from "./watchdog.ts";

const running = new AsyncLocalStorage<string>();
/** While a module is evaluated the store is lost, so loads happen one at a time and stand here. */
let loading: string | undefined;
let installed = false;
const roots = new Map<string, string>();
const redactors = new Set<(text: string) => string>();

/** The plugin whose code is running, if any. */
export const currentPlugin = (): string | undefined => running.getStore() ?? loading;

/** What a plugin prints past its logger is rid of its secrets, too. */
export const hideFromOutput = (redact: (text: string) => string): void => void redactors.add(redact);

const withoutSecrets = (text: string): string => [...redactors].reduce((rest, redact) => redact(rest), text);

/** Runs a hook of a plugin, and everything that follows from it, inside the fence. */
export function runContained<Result>(name: string, hook: () => Result): Result {
  const done = busyWith(name);
  try {
    const result = running.run(name, hook);
    if (result instanceof Promise) result.then(done, done);
    else done();
    return result;
  } catch (error) {
    done();
    throw error;
  }
}

/** Evaluates a plugin's module inside the fence. @param root its folder; stacks from there are its own */
export async function loadContained<Module>(
  name: string,
  root: string,
  load: () => Promise<Module>,
): Promise<Module> {
  install();
  roots.set(root, name);
  loading = name;
  try {
    return await runContained(name, load);
  } finally {
    loading = undefined;
  }
}

function install(): void {
  if (installed) return;
  installed = true;
  fenceProcess();
  fenceOutput();
  fenceEnvironment();
  fenceStrayErrors();
}

/** Ends or moves the whole program: refused. */
const FORBIDDEN = ["exit", "abort", "reallyExit", "kill", "chdir", "setuid", "setgid", "send", "disconnect"];
/** Listens to the whole program, and could change how it ends: left undone, since packages do it in good faith. */
const IGNORED = ["on", "once", "addListener", "prependListener", "prependOnceListener", "removeAllListeners"];

function fenceProcess(): void {
  for (const way of FORBIDDEN) {
    replace(process, way, (real, args, name) => {
      if (name === undefined) return real(...args);
      throw new Error(`${name} called process.${way}, which a plugin may not`);
    });
  }
  for (const way of IGNORED) {
    replace(process, way, (real, args, name) => (name === undefined ? real(...args) : process));
  }
}

export type Behaviour = (
  real: (...args: unknown[]) => unknown,
  args: unknown[],
  plugin: string | undefined,
) => unknown;

/** Puts a function in another's place, for good: nobody can put the first one back. */
export function replace(target: object, key: string, behave: Behaviour): void {
  const real: unknown = Reflect.get(target, key);
  if (typeof real !== "function") return;
  const call = (...args: unknown[]): unknown => Reflect.apply(real, target, args);
  const value = (...args: unknown[]): unknown => behave(call, args, currentPlugin());
  Object.defineProperty(target, key, { value, writable: false, configurable: false, enumerable: true });
}

/** What a plugin prints becomes a warning on stderr: stdout holds results, and `--json` nothing else. */
function fenceOutput(): void {
  const toStderr = process.stderr.write.bind(process.stderr);
  const divert = (name: string, text: string): boolean =>
    toStderr(`${withoutSecrets(text).trimEnd().replace(/^/gm, `warn: ${name} printed: `)}\n`);
  replace(process.stdout, "write", (real, args, name) => {
    if (name === undefined) return real(...args);
    const [text] = args;
    return divert(name, text instanceof Uint8Array ? new TextDecoder().decode(text) : String(text));
  });
  for (const method of ["log", "info", "debug", "warn", "error", "trace", "dir", "table"]) {
    replace(console, method, (real, args, name) => {
      if (name === undefined) return real(...args);
      return divert(name, args.map((one) => (typeof one === "string" ? one : Bun.inspect(one))).join(" "));
    });
  }
}

const HARMLESS =
  /^(PATH|HOME|USER|LOGNAME|SHELL|PWD|LANG|LC_\w+|TZ|TERM|TMPDIR|TEMP|TMP|NO_COLOR|CI|NODE_ENV)$/;

/** A plugin's options have environment names of their own; the rest of the environment is not its business. */
function fenceEnvironment(): void {
  const hidden = (name: PropertyKey): boolean =>
    typeof name === "string" && !HARMLESS.test(name) && currentPlugin() !== undefined;
  const fenced = new Proxy(process.env, {
    get: (env, name) => (hidden(name) ? undefined : Reflect.get(env, name)),
    has: (env, name) => !hidden(name) && Reflect.has(env, name),
    ownKeys: (env) => Reflect.ownKeys(env).filter((name) => !hidden(name)),
    getOwnPropertyDescriptor: (env, name) =>
      hidden(name) ? undefined : Reflect.getOwnPropertyDescriptor(env, name),
    set: (env, name, value) => currentPlugin() !== undefined || Reflect.set(env, name, value),
    deleteProperty: (env, name) => currentPlugin() !== undefined || Reflect.deleteProperty(env, name),
  });
  Object.defineProperty(process, "env", { value: fenced, writable: false, configurable: false });
}

/** A promise nobody waits for, or a throw in a timer: reported by name when it comes from a plugin's own files. */
function fenceStrayErrors(): void {
  const report = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    const root = [...roots.keys()].find((folder) => stack.includes(folder));
    if (root === undefined) throw error;
    const said = error instanceof Error ? error.message : String(error);
    process.stderr.write(`warn: ${roots.get(root)} left an error unhandled: ${withoutSecrets(said)}\n`);
  };
  process.on("unhandledRejection", report);
  process.on("uncaughtException", report);
}
