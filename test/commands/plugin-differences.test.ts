/** `plugin trust` after a change: which lines are different, for a person and for a program. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GOOD } from "../host/corpus.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { KEY, openSession } from "../support/pseudo-terminal.ts";

// Each starts several processes, on machines that do other things too.
setDefaultTimeout(30_000);

const WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const copies = (home: string): string => join(home, ".contextcore/trusted");

/** A project whose plugin `good/lines` is trusted, with three more files. */
async function trusted(): Promise<string> {
  const home = temporaryDirectory({
    "good/index.ts": GOOD,
    "good/words.ts": Array.from({ length: 20 }, (_, index) => `export const word${index} = ${index};\n`).join(
      "",
    ),
    "good/gone.ts": "export const gone = true;\n",
  });
  writeFileSync(join(home, "good/code.wasm"), WASM);
  expect((await run(["plugin", "add", "./good", "--yes"], { cwd: home })).exitCode).toBe(0);
  return home;
}

const trust = (home: string, ...more: string[]) =>
  run(["plugin", "trust", "good/lines", ...more], { cwd: home });

/** One line in the middle is another, one file is gone, one is new. */
function change(home: string): void {
  const words = join(home, "good/words.ts");
  writeFileSync(words, readFileSync(words, "utf8").replace("word9 = 9", "word9 = fetch('http://evil')"));
  rmSync(join(home, "good/gone.ts"));
  writeFileSync(join(home, "good/new.ts"), "export const more = 1;\n");
}

const WORDS = [
  "@@ -7,7 +7,7 @@",
  " export const word6 = 6;",
  " export const word7 = 7;",
  " export const word8 = 8;",
  "-export const word9 = 9;",
  "+export const word9 = fetch('http://evil');",
  " export const word10 = 10;",
  " export const word11 = 11;",
  " export const word12 = 12;",
];

test("the changed lines are shown with three around them, then what is new and what is gone", async () => {
  const home = await trusted();
  change(home);
  const { stderr, exitCode } = await trust(home);
  expect(exitCode).toBe(4);
  expect(stderr).toContain(
    [
      "\nchanged  words.ts",
      ...WORDS,
      "new      new.ts",
      "@@ -0,0 +1,1 @@",
      "+export const more = 1;",
      "gone     gone.ts",
      "@@ -1,1 +0,0 @@",
      "-export const gone = true;",
      "  now it opens connections of its own\n",
    ].join("\n"),
  );
});

test("--json has the same for a program, trusts nothing by itself, and with --yes does", async () => {
  const home = await trusted();
  change(home);
  const looked = await trust(home, "--json");
  expect(JSON.parse(looked.stdout)).toEqual({
    schema: { name: "plugin.trust", version: 1 },
    plugin: "good/lines",
    source: "./good",
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    trusted: false,
    newUses: ["opens connections of its own"],
    files: [
      { file: "words.ts", change: "changed", diff: WORDS },
      { file: "new.ts", change: "new", diff: ["@@ -0,0 +1,1 @@", "+export const more = 1;"] },
      { file: "gone.ts", change: "gone", diff: ["@@ -1,1 +0,0 @@", "-export const gone = true;"] },
    ],
  });
  expect({ stderr: looked.stderr, exitCode: looked.exitCode }).toEqual({ stderr: "", exitCode: 4 });
  const granted = await trust(home, "--json", "--yes");
  expect(granted.exitCode).toBe(0);
  expect(JSON.parse(granted.stdout)).toMatchObject({
    trusted: true,
    sha256: JSON.parse(looked.stdout).sha256,
  });
  const after = await trust(home, "--json");
  expect({ files: JSON.parse(after.stdout).files, exitCode: after.exitCode }).toEqual({
    files: [],
    exitCode: 0,
  });
});

test("on a terminal what is new is green and what is gone is red", async () => {
  const home = await trusted();
  change(home);
  const session = openSession(["plugin", "trust", "good/lines"], { cwd: home });
  await session.waitFor("Trust it as it is now?");
  expect(session.raw()).toContain("\u001b[31m-export const word9 = 9;\u001b[39m");
  expect(session.raw()).toContain("\u001b[32m+export const word9 = fetch('http://evil');\u001b[39m");
  session.type(KEY.enter);
  expect(await session.exited).toBe(4);
});

describe("it shows no lines, and says why, when", () => {
  const reasonFor = async (home: string, file: string): Promise<string> => {
    const { stdout } = await trust(home, "--json");
    const found = JSON.parse(stdout).files.find((one: { file: string }) => one.file === file);
    expect(found.diff).toBeUndefined();
    return found.reason;
  };

  test("a file is no text", async () => {
    const home = await trusted();
    writeFileSync(join(home, "good/code.wasm"), new Uint8Array([...WASM, 0]));
    expect(await reasonFor(home, "code.wasm")).toBe("not text; it had 8 bytes and now has 9");
  });

  test("it was trusted on another machine", async () => {
    const home = await trusted();
    rmSync(copies(home), { recursive: true });
    change(home);
    expect(await reasonFor(home, "words.ts")).toBe("this machine has no copy of the trusted file");
  });

  test("somebody has changed the copy", async () => {
    const home = await trusted();
    const [good = ""] = readdirSync(copies(home));
    for (const name of readdirSync(copies(home)))
      writeFileSync(join(copies(home), name), readFileSync(join(copies(home), good)));
    change(home);
    const reasons = [
      await reasonFor(home, "words.ts").catch(() => "shown"),
      await reasonFor(home, "gone.ts").catch(() => "shown"),
    ];
    expect(reasons).toContain("this machine has no copy of the trusted file");
  });
});

test("a minified line and a long difference are cut, and --json has all of it", async () => {
  const home = await trusted();
  appendFileSync(join(home, "good/words.ts"), `export const long = "${"x".repeat(10_000)}";\n`);
  appendFileSync(join(home, "good/index.ts"), "// more\n".repeat(500));
  const { stderr } = await trust(home);
  expect(stderr).toContain("x… (9724 more characters)\n");
  expect(stderr).toContain("  … and 384 more lines; --json has all of them\n");
  expect(Math.max(...stderr.split("\n").map((line) => line.length))).toBeLessThan(400);
  const { files } = JSON.parse((await trust(home, "--json")).stdout);
  expect(files[0].diff).toHaveLength(504);
});

test("what a terminal would obey is shown as it is written, so that nothing hides in a difference", async () => {
  const home = await trusted();
  appendFileSync(
    join(home, "good/words.ts"),
    "/* \u001b[2K\u001b[1A hidden \u202e } if (isAdmin) \u2066 */ \r export const x = 1; \u200b\n",
  );
  const { stderr } = await trust(home);
  expect(stderr).toContain(
    "\n+/* \\u001b[2K\\u001b[1A hidden \\u202e } if (isAdmin) \\u2066 */ \\u000d export const x = 1; \\u200b\n",
  );
});

test("copies of what is trusted no longer are removed, and only their owner can read the others", async () => {
  const home = await trusted();
  const before = readdirSync(copies(home));
  expect(before).toHaveLength(4);
  change(home);
  expect((await trust(home, "--yes")).exitCode).toBe(0);
  const after = readdirSync(copies(home));
  expect(after).toHaveLength(4);
  expect(after.filter((name) => before.includes(name))).toHaveLength(2);
  expect((await run(["plugin", "remove", "good/lines"], { cwd: home })).exitCode).toBe(0);
  expect(readdirSync(copies(home))).toEqual([]);
});

test("what changes between the question and the answer is not trusted", async () => {
  const home = await trusted();
  change(home);
  const session = openSession(["plugin", "trust", "good/lines"], { cwd: home });
  await session.waitFor("Trust it as it is now?");
  mkdirSync(join(home, "good/deep"));
  writeFileSync(join(home, "good/deep/late.ts"), "");
  session.type("y");
  expect(await session.exited).toBe(1);
  expect(session.text()).toContain("have changed since they were shown, and nothing was trusted");
});
