/** When there are colours: as the flag says, then as the environment says, then on a terminal. */
import { expect, test } from "bun:test";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { openSession } from "../support/pseudo-terminal.ts";

const cwd = temporaryDirectory();
const isStyled = (text: string): boolean => text !== Bun.stripANSI(text);

type Env = Readonly<Record<string, string>>;

test.each<[string, readonly string[], Env, boolean]>([
  ["nothing said", [], {}, false],
  ["--color always", ["--color", "always"], { NO_COLOR: "1" }, true],
  ["--color auto", ["--color=auto"], {}, false],
  ["FORCE_COLOR", [], { FORCE_COLOR: "1" }, true],
  ["FORCE_COLOR over NO_COLOR", [], { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
  ["FORCE_COLOR=0", [], { FORCE_COLOR: "0" }, false],
  ["an empty FORCE_COLOR", [], { FORCE_COLOR: "" }, false],
  ["--color never over FORCE_COLOR", ["--color", "never"], { FORCE_COLOR: "1" }, false],
])("in a pipe with %s", async (_name, words, env, isColoured) => {
  const { stdout } = await run(["--help", ...words], { cwd, env });
  expect(isStyled(stdout)).toBe(isColoured);
  expect(Bun.stripANSI(stdout)).toBe((await run(["--help"], { cwd })).stdout);
});

test.each<[string, readonly string[], Env, boolean]>([
  ["nothing said", [], {}, true],
  ["--color never", ["--color=never"], {}, false],
  ["NO_COLOR", [], { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR", [], { NO_COLOR: "" }, true],
  ["FORCE_COLOR=false", [], { FORCE_COLOR: "false" }, false],
  ["CI and --color always", ["--color", "always"], { CI: "1" }, true],
  ["TERM=dumb", [], { TERM: "dumb" }, false],
])("on a terminal with %s", async (_name, words, env, isColoured) => {
  const session = openSession(["--help", ...words], { cwd, env });
  expect(await session.exited).toBe(0);
  expect(isStyled(session.raw())).toBe(isColoured);
});

test("a mistake in the call is told in the wanted manner, and so is an unknown command behind the flag", async () => {
  const mistaken = openSession(["export", "--color", "never", "--nonsense"], { cwd });
  expect(await mistaken.exited).toBe(2);
  expect(isStyled(mistaken.raw())).toBe(false);
  const unknown = await run(["--color", "never", "exprt"], { cwd });
  expect(unknown).toMatchObject({
    stderr: expect.stringContaining("did you mean contextcore export?"),
    exitCode: 2,
  });
});

test("anything else is refused", async () => {
  const { stderr, exitCode } = await run(["version", "--color", "alwys"], { cwd });
  expect(stderr).toBe(
    'error: --color is one of auto, always, never, not "alwys"\nhint: did you mean always?\n',
  );
  expect(exitCode).toBe(2);
});

test("what all commands take may stand before each of their words", async () => {
  const { stdout } = await run(["version"], { cwd });
  for (const words of [
    ["-q", "version"],
    ["--color", "never", "--no-pager", "version"],
    ["-v", "version"],
  ])
    expect(await run(words, { cwd })).toEqual({ stdout, stderr: "", exitCode: 0 });
  const { exitCode } = await run(["-q", "audit", "--color=never", "list", "--debug"], { cwd });
  expect(exitCode).toBe(0);
});
