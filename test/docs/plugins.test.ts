/** docs/plugins.md is made from the declarations of the built-in plugins. `make generated` writes it anew. */
import { expect, test } from "bun:test";
import { describePlugin } from "../../src/commands/plugin/describe.ts";
import { toMarkdown } from "../../src/commands/plugin/markdown.ts";
import { loadConfig } from "../../src/config/load.ts";
import { loadPlugins } from "../../src/host/load-plugins.ts";
import { BUILT_INS } from "../../src/registry.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expectPage } from "./generated.ts";

const HEAD = `# The built-in plugins

What each can do and which options it has. An option stands below the plugin's name in \`contextcore.yaml\` (\`backends:\`,
\`sinks:\` or \`stores:\`), or in the environment under the names shown; \`contextcore plugin info NAME\` shows what is in force. This page is
made from the plugins' own declarations (\`contextcore plugin info NAME --markdown\`).
`;

/** What must be set before a plugin can be opened, which tells what it can do. */
const OPENED = `sinks: { file: { path: events.jsonl }, webhook: { url: http://127.0.0.1:1 } }
stores: { directory: { path: place }, s3: { bucket: backups } }
`;

test("docs/plugins.md says what the declarations say", async () => {
  const config = await loadConfig({ directory: temporaryDirectory({ "contextcore.yaml": OPENED }), env: {} });
  const { plugins, failures } = await loadPlugins(config, { builtIns: BUILT_INS, all: true });
  expect(failures).toEqual([]);
  const sections = await Promise.all(
    plugins.map(async (loaded) => toMarkdown(await describePlugin(loaded, config))),
  );
  const text = `${[HEAD, ...sections].join("\n")}\n`;
  await expectPage("docs/plugins.md", text);
});
