/** What all commands share, read from their declarations. */
import { expect, test } from "bun:test";
import { commandsOf, toManual } from "../../src/commands/man/manual.ts";
import { ROOT } from "../../src/dispatch/commands.ts";

const NOW = Date.parse("2026-01-24T14:30:00Z");
const commands = await commandsOf(ROOT);
const flags = commands.flatMap(({ path, command: { args = {} } }) =>
  Object.entries(args).map(([name, param]) => ({ path, name, param })),
);

test("whatever takes a time takes one that is so long ago, and words for days", () => {
  const times = flags.filter(({ param }) => "hint" in param && param.hint === "TIME");
  expect(new Set(times.map(({ path }) => path)).size).toBeGreaterThan(5);
  for (const { path, name, param } of times) {
    const read = (text: string): unknown => ("parse" in param ? param.parse?.(text, NOW) : undefined);
    const apart = Number(read("1h")) - Number(read("25h"));
    // ns, or ms
    expect([path, name, apart > 1e12 ? apart / 3.6e12 : apart / 3.6e6]).toEqual([path, name, 24]);
    expect([path, read("now"), read("today")]).toEqual([path, read("0h"), read("2026-01-24")]);
    expect(() => read("2x")).toThrow();
  }
});

test("the manual page has the environment, the files, examples and the exit codes, each once", async () => {
  const page = await toManual(ROOT, "1.2.3");
  for (const section of ["COMMANDS", "COMMON OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"])
    expect(page.split(`.SH ${section}\n`)).toHaveLength(2);
  expect(page.slice(page.indexOf(".SH ENVIRONMENT"), page.indexOf(".SH FILES"))).toContain(
    "CONTEXTCORE_PAGER",
  );
  expect(page.slice(page.indexOf(".SH EXAMPLES"))).toContain("contextcore export");
});
