/** What the pages show as a file is one: a configuration is accepted, a plugin keeps the contract's types. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join, resolve } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { blocksOf, pages } from "./blocks.ts";

setDefaultTimeout(60_000);

const root = resolve(import.meta.dir, "../..");
const env = {
  AUDIT_WEBHOOK_SECRET: "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw==",
  BILLING_PASSWORD: "b",
  LOKI_EU_TOKEN: "t",
  OFFSITE_KEY: "k",
  OFFSITE_SECRET: "s",
  PING_URL: "https://ping.example.com/1",
  REDIS_PASSWORD: "r",
  SLACK_URL: "https://hooks.example.com/1",
};

/** The page's files of secrets lie where the test may put them. */
const withSecrets = (text: string): string =>
  text.replaceAll("file:/run/secrets/", `file:${temporaryDirectory({ "mimir-header": "m" })}/`);

describe("the files of", () => {
  for (const page of pages) {
    test(page, async () => {
      for (const block of await blocksOf(page, "yaml")) {
        const cwd = temporaryDirectory({ "contextcore.yaml": withSecrets(block) });
        const checked = await run(["config", "check"], { cwd, env });
        expect(checked.exitCode, checked.stderr).toBe(0);
      }
      for (const block of await blocksOf(page, "ts")) await checkTypes(block);
    });
  }
});

/** A plugin's test names the plugin and its lab: those of a new one that talks to a server. */
async function besideATest(source: string): Promise<Record<string, string>> {
  if (!source.includes('from "./lab.ts"')) return {};
  const template = join(root, "src/scaffold/template/server");
  const read = (file: string) => Bun.file(join(template, file)).text();
  return { "index.ts": await read("index.ts"), "lab.ts": await read("lab.ts") };
}

async function checkTypes(source: string): Promise<void> {
  const cwd = temporaryDirectory({
    ...(await besideATest(source)),
    "plugin.ts": source,
    "tsconfig.json": JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        noUnusedParameters: false,
        noUnusedLocals: false,
        paths: {
          contextcore: [join(root, "src/contract/contextcore.ts")],
          "contextcore/testing": [join(root, "src/conformance/testing.ts")],
        },
        typeRoots: [join(root, "node_modules/@types")],
      },
      include: ["plugin.ts"],
    }),
  });
  const child = Bun.spawn([join(root, "node_modules/.bin/tsc"), "-p", cwd], { stdout: "pipe" });
  const said = await new Response(child.stdout).text();
  expect(await child.exited, said).toBe(0);
}
