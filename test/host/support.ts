/** What the tests of the host share: a project directory with plugins in it, and its configuration. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { v } from "../../src/contract/contextcore.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { pluginFiles } from "../../src/host/trust/files.ts";
import { entryFor, trustPlugin } from "../../src/host/trust/record.ts";

/** A temporary directory with these files, removed at the end of the scope. */
export function project(
  files: Readonly<Record<string, string>>,
): { readonly directory: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "contextcore-plugin-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The configuration of a project directory, with only this environment. */
export const configOf = (directory: string, env: Record<string, string> = {}): Promise<Config> =>
  loadConfig({ directory, env });

/** The source of a backend that holds three lines; `extra` overrides parts of the declaration. */
export const pluginSource = (name: string, extra = ""): string => `
import { definePlugin, v } from "contextcore";
export default definePlugin({
  name: ${JSON.stringify(name)},
  about: "Three lines",
  options: v.object({ greeting: v.optional(v.pipe(v.string(), v.description("What it says")), "hello") }),
  backend: ({ options, limits }) => ({
    inventory: async () => ({ signals: ["logs"], importance: "low", counts: { entries: 3 } }),
    size: async () => ({ bytes: 30, source: "estimate", how: options.greeting + limits.stepBytes }),
    export: {
      start: async () => ({ cursors: [{ line: 1 }] }),
      step: async ({ line }) => ({
        records: [{ file: "vendor/lines.json", text: JSON.stringify(line) + "\\n", lines: 1, from: 0n, to: 1n, counts: { entries: 1 } }],
        next: line < 3 ? [{ line: line + 1 }] : [],
      }),
    },
  }),
  ${extra}
});
`;

/** Trusts every plugin of the project as it is now, without loading it. */
export function trustAll({ directory, plugins }: Config): void {
  for (const spec of plugins) {
    const plugin = { name: spec, about: spec, options: v.object({}) };
    trustPlugin(directory, spec, entryFor(plugin, pluginFiles(locatePlugin(spec, directory))));
  }
}
