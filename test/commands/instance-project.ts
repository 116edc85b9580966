/** A project whose backends are instances, and what commands print there. */
import type { Lab } from "../lab/lab.ts";
import { type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** Without the other backends that a stack has unless they are switched off. */
export const OFF = ["tempo", "mimir", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

export const project = (backends: string, more = ""): string =>
  temporaryDirectory({ "contextcore.yaml": `name: shop\n${more}backends:\n${OFF}${backends}` });

export const twoLokis = (one: Lab, other: Lab, more = ""): string =>
  `  loki: { url: "${one.urls.loki}" }\n  loki-eu: { plugin: loki, url: "${other.urls.loki}"${more} }\n`;

/** What it printed as JSON, once it has ended as it should. */
export function printed({ stdout, stderr, exitCode }: Finished, code = 0) {
  if (exitCode !== code) throw new Error(`exit code ${exitCode}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}

export const namesIn = (all: readonly { backend: string }[]): string[] => all.map(({ backend }) => backend);

export const json = async (cwd: string, args: readonly string[], code = 0) =>
  printed(await run([...args, "--json"], { cwd }), code);

export const exported = async (cwd: string, ...args: string[]) => json(cwd, ["export", "--all", ...args]);
