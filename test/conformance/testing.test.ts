/** The test kit as a plugin's author meets it: what `bun test` prints of a file that calls `testPlugin`. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";

const src = join(import.meta.dir, "../../src");

/** What bun prints of a test file for a sink that keeps its lines in memory. */
async function printed(options: string) {
  const directory = temporaryDirectory({
    "sink.test.ts": `
import { definePlugin, v } from ${JSON.stringify(join(src, "contract/contextcore.ts"))};
import { testPlugin } from ${JSON.stringify(join(src, "conformance/testing.ts"))};
const lines = [];
const plugin = definePlugin({
  name: "acme/memory", about: "Memory", options: v.object({}),
  sink: () => ({ probe: async () => {}, deliver: async ({ line }) => { lines.push(line); } }),
});
testPlugin(plugin, ${options});
`,
  });
  const child = Bun.spawn([process.execPath, "test"], { cwd: directory, stdout: "pipe", stderr: "pipe" });
  const [text, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { text, exitCode };
}

test("a rule that there is not is an error, not a green run without tests", async () => {
  const { text, exitCode } = await printed('{ rules: ["delivered-as-it-is", "nothing-at-all"] }');
  expect(text).toContain("there is no rule nothing-at-all for this plugin");
  expect(exitCode).not.toBe(0);
});

test("the error says what was probably meant, and a rule of another side is none of this plugin's", async () => {
  expect((await printed('{ rules: ["same-evnet-twice"] }')).text).toContain("Did you mean same-event-twice?");
  expect((await printed('{ rules: ["inventory"] }')).text).toContain("there is no rule inventory");
});

test("a rule that does not apply is skipped, and its name says why; the others run", async () => {
  const { text, exitCode } = await printed("{ arrived: async () => lines }");
  expect(text).toMatch(
    /\(skip\) the sink of acme\/memory > history-is-a-witness: does not apply, since it has no `history`/,
  );
  expect(text).toMatch(/\(pass\) the sink of acme\/memory > delivered-as-it-is: /);
  expect(text).not.toContain("(fail)");
  expect(exitCode).toBe(0);
});
