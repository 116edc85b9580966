/** A plugin of these tests, open in a process of its own. */
import { isKind, type PluginError } from "../../../src/contract/errors.ts";
import { type HostOptions, openPlugins } from "../../../src/host/host.ts";
import { configOf, project, trustAll } from "../support.ts";

export const NEVER = new AbortController().signal;

/** The source of a backend: `parts` are members of the object, in which `context` is known. */
export const backendSource = (parts: string, options = "{}", more = ""): string => `
import { definePlugin, option, PluginError, v } from "contextcore";
export default definePlugin({
  name: "acme/x", about: "x", options: v.object(${options}), ${more}
  backend: (context) => ({
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    ${parts}
  }),
});`;

/** Opens it as the program does. @param settings YAML of its options */
export async function openSource(
  source: string,
  {
    settings = "{}",
    env = {},
    ...options
  }: { settings?: string; env?: Record<string, string> } & Partial<HostOptions> = {},
) {
  const place = project({
    "contextcore.yaml": `plugins: [./x.ts]\nbackends:\n  acme/x: ${settings}\n`,
    "x.ts": source,
  });
  const config = await configOf(place.directory, env);
  trustAll(config);
  const log: string[] = [];
  const opened = await openPlugins(config, { builtIns: [], writeLog: (line) => log.push(line), ...options });
  const [first] = opened.backends;
  const dispose = (): void => {
    void opened.end?.();
    place[Symbol.dispose]();
  };
  return { ...opened, ...place, log, backend: first?.backend, [Symbol.dispose]: dispose };
}

/** What a hook throws. */
export async function failure(answer: Promise<unknown> | undefined): Promise<PluginError> {
  const error = await answer?.then(
    (value) => new Error(`it answered ${Bun.inspect(value)}`),
    (thrown: unknown) => thrown,
  );
  if (isKind(error, "temporary", "too-large", "refused", "not-found", "invalid")) return error;
  throw error;
}

/** In the place of a part that has to be there. */
export function never(): never {
  throw new Error("it has no such part");
}
