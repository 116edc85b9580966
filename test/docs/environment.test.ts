/** docs/environment.md has every setting and every variable of the program. `make generated` writes its tables anew. */
import { expect, test } from "bun:test";
import { CORE_SETTINGS } from "../../src/config/environment.ts";
import { describeOption } from "../../src/config/option-type.ts";
import { OWN_VARIABLES, SYSTEM_VARIABLES, type Variable } from "../../src/config/variables.ts";
import { expectPart, tableOf } from "./generated.ts";

const PAGE = "docs/environment.md";

test("it lists every setting", async () => {
  const rows = CORE_SETTINGS.map(({ path, schema, variable, alias }) => {
    const { about, fallback } = describeOption(path.join("."), schema);
    const shown = Array.isArray(fallback)
      ? fallback.join(", ") && `[${fallback.join(", ")}]`
      : `${fallback ?? ""}`;
    const names = [variable, ...(alias === undefined ? [] : [alias])].map((name) => `\`${name}\``).join(", ");
    return [`\`${path.join(".")}\``, about, shown && `\`${shown}\``, names];
  });
  const head = ["setting", "what it says", "default", "environment"];
  await expectPart(PAGE, "settings, made from src/config/schema.ts", tableOf(head, rows));
});

const rowsOf = (variables: readonly Variable[]) =>
  variables.map(({ name, about, fallback = "" }) => [`\`${name}\``, about, fallback]);

test.each([
  ["variables of the program", OWN_VARIABLES],
  ["variables of the system", SYSTEM_VARIABLES],
] as const)("it lists the %s", async (what, variables) => {
  const table = tableOf(["variable", "what it says", "default"], rowsOf(variables));
  await expectPart(PAGE, `${what}, made from src/config/variables.ts`, table);
});

test("no variable is read that is not listed", async () => {
  const known = [...OWN_VARIABLES, ...SYSTEM_VARIABLES].map(({ name }) => name);
  // What Windows calls the user; what a plugin's process is told of by this program.
  const others = ["USERNAME"];
  const read = new Set<string>();
  for await (const file of new Bun.Glob("src/**/*.ts").scan({
    cwd: `${import.meta.dir}/../..`,
    absolute: true,
  })) {
    if (file.includes("/scaffold/template/")) continue;
    for (const [name] of (await Bun.file(file).text()).matchAll(/(?<=\benv\.)[A-Z][A-Z_]+\b/g))
      read.add(name);
  }
  expect([...read].filter((name) => !known.includes(name) && !others.includes(name))).toEqual([]);
  expect(read.size).toBeGreaterThan(5);
});
