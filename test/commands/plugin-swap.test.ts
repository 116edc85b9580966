/** A plugin's file that is put in another's place between the look at it and its load: what runs is what was hashed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pluginSource } from "../host/support.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

const evil = (mark: string): string =>
  `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(mark)}, ""); export const value = "evil"; export default { value };`;
const GOOD = 'export const value = "good"; export default { value };';

/** Says that it runs, and goes on when it is told to. */
const waiting = (cwd: string): string => `
import { existsSync as exists, writeFileSync as write } from "node:fs";
write(${JSON.stringify(join(cwd, "runs"))}, "");
while (!exists(${JSON.stringify(join(cwd, "go"))})) await new Promise((done) => setTimeout(done, 5));`;

/** @throws Error when the program ends before its plugin runs */
async function begun(cwd: string, end: Promise<unknown>): Promise<void> {
  const ended = end.then((how) => {
    throw new Error(`it ended: ${JSON.stringify(how)}`);
  });
  ended.catch(() => undefined);
  while (!existsSync(join(cwd, "runs"))) await Promise.race([Bun.sleep(5), ended]);
}

const LOADS: Readonly<
  Record<string, { readonly file: string; readonly text?: string; readonly load: string }>
> = {
  "its own import": { file: "later.ts", load: 'await import("./later.ts")' },
  "a computed import": { file: "lazy.ts", load: 'await import("./" + ["la", "zy"].join("") + ".ts")' },
  "a require": {
    file: "old.cjs",
    text: 'module.exports = { value: "good" };',
    load: 'require("./old.cjs")',
  },
  "a package": { file: "node_modules/dep/index.js", load: 'await import("dep")' },
  "a package behind a link": { file: "store/dep/index.js", load: 'await import("dep")' },
};

/** A project whose plugin is trusted and agreed to. */
async function trusted(file: string, text: string, load: string): Promise<string> {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}`,
    [`p/${file}`]: text,
    go: "",
  });
  if (file.startsWith("store/")) {
    mkdirSync(join(cwd, "p/node_modules"));
    symlinkSync("../store/dep", join(cwd, "p/node_modules/dep"));
  }
  writeFileSync(join(cwd, "p/beside.txt"), "read beside the code");
  writeFileSync(
    join(cwd, "p/index.ts"),
    `${waiting(cwd)}
import { readFileSync as read } from "node:fs";
const { value } = ${load};
write(${JSON.stringify(join(cwd, "value"))}, value + ": " + read(import.meta.dir + "/beside.txt", "utf8"));
${pluginSource("acme/x")}`,
  );
  for (const args of [
    ["plugin", "add", "./p", "--yes"],
    ["config", "trust", "--yes"],
  ]) {
    const { exitCode, stderr } = await run(args, { cwd });
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
  }
  for (const name of ["go", "runs", "value"]) rmSync(join(cwd, name), { force: true });
  return cwd;
}

test.each(Object.keys(LOADS))("%s, changed after the plugin has begun to load", async (name) => {
  const { file, text = GOOD, load } = LOADS[name] ?? { file: "", load: "" };
  const cwd = await trusted(file, text, load);
  const path = join(cwd, "p", file);
  const mark = join(cwd, "mark");
  const running = run(["inventory"], { cwd });
  await begun(cwd, running);
  const other = file.endsWith(".cjs")
    ? `require("node:fs").writeFileSync(${JSON.stringify(mark)}, ""); module.exports = { value: "evil" };`
    : evil(mark);
  writeFileSync(`${path}.new`, other);
  renameSync(`${path}.new`, path);
  writeFileSync(join(cwd, "go"), "");
  const { stderr, stdout } = await running;
  expect([existsSync(mark), readFileSync(join(cwd, "value"), "utf8"), stderr]).toEqual([
    false,
    "good: read beside the code",
    expect.anything(),
  ]);
  expect(stdout).toContain("acme/x");
  expect((await run(["inventory"], { cwd })).exitCode).toBe(4);
  expect(existsSync(mark)).toBe(false);
});

test("in a race for the entry: nothing else ever runs, and nothing is left behind", async () => {
  const cwd = await trusted("later.ts", GOOD, "{ value: 1 }");
  writeFileSync(join(cwd, "go"), "");
  const temporary = join(cwd, "tmp");
  mkdirSync(temporary);
  const entry = join(cwd, "p/index.ts");
  const mark = join(cwd, "mark");
  writeFileSync(join(cwd, "good.ts"), readFileSync(entry));
  writeFileSync(
    join(cwd, "evil.ts"),
    `${evil(mark)}\n${readFileSync(entry, "utf8").replaceAll("export default", "")}`,
  );
  const swapper = Bun.spawn(
    [
      "sh",
      "-c",
      `while :; do cp good.ts a; mv a p/index.ts; sleep 0.02; cp evil.ts a; mv a p/index.ts; sleep 0.02; done`,
    ],
    { cwd },
  );
  let loaded = 0;
  for (let round = 0; round < 8; round += 1) {
    const { stdout } = await run(["inventory"], { cwd, env: { ...cleanEnv(cwd), TMPDIR: temporary } });
    if (stdout.includes("acme/x")) loaded += 1;
  }
  swapper.kill("SIGKILL");
  await swapper.exited;
  expect([existsSync(mark), loaded <= 8]).toEqual([false, true]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("the copies are for this user's eyes only, and a killed program's plugin ends with it", async () => {
  const cwd = await trusted("later.ts", GOOD, 'await import("./later.ts")');
  const temporary = join(cwd, "tmp");
  mkdirSync(temporary);
  const child = Bun.spawn([binary, "inventory"], {
    cwd,
    env: { ...cleanEnv(cwd), TMPDIR: temporary },
    stdout: "ignore",
    stderr: "ignore",
  });
  await begun(cwd, child.exited);
  const [name = ""] = readdirSync(temporary);
  expect(statSync(join(temporary, name)).mode & 0o077).toBe(0);
  child.kill("SIGKILL");
  await child.exited;
});
