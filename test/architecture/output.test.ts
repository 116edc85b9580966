/** Whatever is written to people and pipes goes through `src/terminal/`, where it is made visible: nobody writes past it. */
import { expect, test } from "bun:test";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");

/** Ways to a standard stream or to the terminal that lead past `src/terminal/`. */
const PAST =
  /\bprocess\s*(?:\.|\[["'`])\s*(?:stdout|stderr)|\bconsole\s*[.[]|\bBun\s*\.\s*(?:stdout|stderr|stdin\b.*write)|@clack\/|\bpromptStreams\b|["'`]\/dev\/(?:tty|stdout|stderr|fd\/[12])|\bwrite(?:File)?Sync\(\s*[12]\s*,|["']node:tty["']|\bstdio:\s*["']inherit|\bstd(?:out|err):\s*["']inherit/;

const WRITING_FOLDER = "src/terminal/";

/** The lines of a file that are not comments. */
const codeOf = (text: string): string[] =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .split("\n")
    .map((line) => line.replace(/(^|\s)\/\/.*$/, ""));

async function writersIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of new Bun.Glob(`${folder}/**/*.ts`).scan({ cwd: ROOT })) {
    // What `plugin new` writes runs in a process of its own, and what that prints goes through the terminal, too.
    if (path.startsWith("src/scaffold/template")) continue;
    const text = await Bun.file(join(ROOT, path)).text();
    for (const [index, line] of codeOf(text).entries())
      if (PAST.test(line)) found.push(`${path}:${index + 1}: ${line.trim()}`);
  }
  return found.filter((one) => !one.startsWith(WRITING_FOLDER)).sort();
}

test("no file writes to a stream or asks on a terminal but those of src/terminal/", async () => {
  expect([...(await writersIn("src")), ...(await writersIn("plugins"))]).toEqual([]);
});

test("in it, only these hold a stream: what is written passes the escape there", async () => {
  const found: string[] = [];
  for await (const path of new Bun.Glob("src/terminal/*.ts").scan({ cwd: ROOT }))
    if (/\.write\(|output:/.test(codeOf(await Bun.file(join(ROOT, path)).text()).join("\n")))
      found.push(path);
  expect(found.sort()).toEqual(["src/terminal/ask.ts", "src/terminal/pour.ts", "src/terminal/terminal.ts"]);
});

test.each([
  'process.stderr.write("x")',
  "console.log(title)",
  'process["stdout"].write(title)',
  "await Bun.write(Bun.stdout, title)",
  'import { text } from "@clack/prompts";',
  "call.terminal.promptStreams.stdout.write(title)",
  'writeSync(2, "x")',
  'openSync("/dev/tty", "w")',
])("it would be found: %s", (line) => {
  expect(PAST.test(line)).toBe(true);
});
