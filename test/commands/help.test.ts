/** The help of every command, whole, from the compiled program. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { type Group, isGroup } from "../../src/commands/command.ts";
import { ROOT } from "../../src/dispatch/commands.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expectGolden } from "../support/golden.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

async function pathsOf(group: Group, path: readonly string[] = []): Promise<string[][]> {
  const below = Object.entries(group.commands).map(async ([name, load]) => {
    const entry = await load();
    return isGroup(entry) ? pathsOf(entry, [...path, name]) : [[...path, name]];
  });
  return [[...path], ...(await Promise.all(below)).flat()];
}

const cwd = temporaryDirectory();
const paths = await pathsOf(ROOT);

test("there are commands to look at", () => {
  expect(paths.length).toBeGreaterThan(12);
});

test("every command stands below one heading", async () => {
  const { stdout } = await run(["--help"], { cwd });
  for (const name of Object.keys(ROOT.commands))
    expect(stdout.split("\n").filter((line) => line.startsWith(`  ${name} `))).toHaveLength(1);
});

test.each(paths.map((path) => [path.join(" ") || "(none)", path] as const))(
  "help: %s",
  async (_name, path) => {
    const { stdout, stderr, exitCode } = await run([...path, "--help"], { cwd });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expectGolden(`help/${path.join("-") || "contextcore"}`, stdout);
  },
);

test("`help COMMAND` and -h say the same as --help", async () => {
  const asked = [
    ["help", "export"],
    ["export", "-h"],
    ["export", "--nonsense", "--help"],
  ];
  const texts = await Promise.all(asked.map(async (words) => (await run(words, { cwd })).stdout));
  const { stdout } = await run(["export", "--help"], { cwd });
  expect(texts).toEqual([stdout, stdout, stdout]);
});

test.each([
  ["help nosuch", "unknown command nosuch\nhint: contextcore --help lists the commands"],
  ["help exprt", "unknown command exprt\nhint: did you mean contextcore export?"],
  ["help plugin nosuch", "unknown command nosuch\nhint: contextcore plugin --help lists the commands"],
  ["plugin chek --help", "unknown command chek\nhint: did you mean contextcore plugin check?"],
  ["help audit lst", "unknown command lst\nhint: did you mean contextcore audit list?"],
  ["help export loki", "export has no command loki\nhint: contextcore help export"],
])("%s is about nothing that there is", async (words, said) => {
  const { stdout, stderr, exitCode } = await run(words.split(" "), { cwd });
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: "", stderr: `error: ${said}\n`, exitCode: 2 });
});

test("without a command the help goes to stderr, and it is a usage error", async () => {
  const { stdout, stderr, exitCode } = await run([], { cwd });
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  expect(stderr).toBe((await run(["--help"], { cwd })).stdout);
});

test("--version is the version and nothing else", async () => {
  const { version } = await Bun.file(`${import.meta.dir}/../../package.json`).json();
  expect(await run(["--version"], { cwd })).toEqual({ stdout: `${version}\n`, stderr: "", exitCode: 0 });
  expect((await run(["version"], { cwd })).stdout).toBe(`contextcore ${version}\n`);
});

test("no colours in a pipe, whatever the terminal's name", async () => {
  const { stdout } = await run(["--help"], { cwd, env: { TERM: "xterm-256color" } });
  expect(stdout).toBe(Bun.stripANSI(stdout));
});

test.each([[["export", "--help"]], [["--help"]], [["restore", "--help"]]])(
  "on a terminal of 80 columns the help of %p fits, and says the same",
  async (words) => {
    const session = openSession(words, { cwd, columns: 80 });
    expect(await session.exited).toBe(0);
    const { stdout } = await run(words, { cwd });
    const wide = session
      .text()
      .split("\n")
      .filter((line) => Bun.stringWidth(line) > 80);
    expect(wide.filter((line) => !line.startsWith("  contextcore "))).toEqual([]);
    const wordsOf = (text: string): string => text.replace(/\n *# |\s+/g, " ").trim();
    expect(wordsOf(session.text())).toBe(wordsOf(stdout));
  },
);
