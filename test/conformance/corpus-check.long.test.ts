/** Every plugin of the corpus that fails in use is found by `plugin check`, which tells none of the secrets it was given. */
import { expect, test } from "bun:test";
import { FAILS_IN_INVENTORY, source } from "../host/corpus.ts";
import { FAILS_IN_EXPORT } from "../host/corpus-working.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const ENV = { DEPLOY_TOKEN: "s3cret-of-the-host", CONTEXTCORE_EVIL_PLUGIN_TOKEN: "s3cret-of-the-plugin" };
const ARGS = ["--rule", "inventory", "--rule", "export-ends", "--limit", "5s", "--json"];

test.concurrent.each([...FAILS_IN_INVENTORY, ...FAILS_IN_EXPORT].map((one) => [one.what, one] as const))(
  "%s",
  async (_, { parts }) => {
    const cwd = temporaryDirectory({ "evil/index.ts": source(parts) });
    const { stdout, stderr, exitCode } = await run(["plugin", "check", "./evil", ...ARGS], { cwd, env: ENV });
    expect(JSON.parse(stdout).rules).toContainEqual(expect.objectContaining({ verdict: "failed" }));
    expect(exitCode).toBe(1);
    expect(`${stdout}${stderr}`).not.toContain("s3cret");
  },
  60_000,
);
