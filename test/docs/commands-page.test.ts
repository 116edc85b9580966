/** docs/commands.md is made from the commands' declarations. `make generated` writes it anew. */
import { expect, test } from "bun:test";
import { commandsPage } from "../../scripts/commands-page.ts";
import { run } from "../support/binary.ts";
import { expectPage } from "./generated.ts";

test("docs/commands.md says what the declarations say", async () => {
  await expectPage("docs/commands.md", await commandsPage());
});

test.each(["export", "restore", "plugin check"])("it has what the help of %s has", async (path) => {
  const page = await commandsPage();
  const [section = ""] = page.split("\n## ").filter((one) => one.startsWith(`${path}\n`));
  const { stdout } = await run([...path.split(" "), "--help"]);
  const [own = ""] = stdout.split("--config FILE");
  const flags = own.match(/(?<=^ +(-\w, )?)--[\w-]+/gm) ?? [];
  expect(flags.length).toBeGreaterThan(2);
  for (const flag of flags) expect(section).toContain(flag);
  for (const example of stdout.match(/^ {2}contextcore .*$/gm)?.slice(1) ?? [])
    expect(section).toContain(example.trim());
});
