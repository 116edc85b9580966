/** Options for the runtime inside the binary, which come from the environment: measured, and refused where that can be done. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const OTHER = 'require("node:fs").writeFileSync("ran", "")';
const place = () =>
  temporaryDirectory({ "other.cjs": OTHER, "bunfig.toml": 'preload = ["./other.cjs"]', ".env": "" });

test.each(["--preload ./other.cjs", "-r ./other.cjs", "--smol", "--inspect=127.0.0.1:0"])(
  "BUN_OPTIONS=%s: nothing is done, exit 4",
  async (options) => {
    const cwd = place();
    const env = { ...cleanEnv(cwd), BUN_OPTIONS: options };
    for (const args of [["version"], ["inventory"], ["--help"]]) {
      const { exitCode, stdout, stderr } = await run(args, { cwd, env });
      expect([exitCode, stdout]).toEqual([4, ""]);
      expect(stderr).toContain("error: BUN_OPTIONS is set");
    }
  },
);

test("what lies in the folder, and other tools' variables, run nothing", async () => {
  const cwd = place();
  await Bun.write(join(cwd, ".env"), "BUN_OPTIONS=--preload=./other.cjs\n");
  const more = { NODE_OPTIONS: "--require ./other.cjs", BUN_INSPECT_PRELOAD: "./other.cjs", BUN_OPTIONS: "" };
  const { exitCode } = await run(["version"], { cwd, env: { ...cleanEnv(cwd), ...more } });
  expect([exitCode, existsSync(join(cwd, "ran"))]).toEqual([0, false]);
});
