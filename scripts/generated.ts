/**
 * Writes anew what is made from declarations and lies beside them in the repository: the help texts, tables and
 * pages of the docs, the JSON Schemas of a manifest and of a saved run. The tests that compare them write them; read what changed before it is committed.
 */
const COMPARING = [
  "test/commands/help.test.ts",
  "test/docs/api.test.ts",
  "test/docs/commands-page.test.ts",
  "test/docs/environment.test.ts",
  "test/docs/exit-codes.test.ts",
  "test/docs/json.test.ts",
  "test/docs/metrics.test.ts",
  "test/docs/plugins.test.ts",
];

const STEPS = [
  [process.execPath, "scripts/manifest-schema.ts"],
  ["biome", "format", "--write", "src/snapshot/format/manifest.schema.json"],
  ["biome", "format", "--write", "src/activity/format/run-record.schema.json"],
  [process.execPath, "test", ...COMPARING],
];

const { CI: _, ...env } = { ...process.env, UPDATE_GOLDEN: "1", UPDATE_DOCS: "1" };

for (const command of STEPS) {
  const { exitCode } = Bun.spawnSync(command, { env, stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode !== 0) process.exitCode = exitCode;
}
