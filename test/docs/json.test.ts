/** docs/json.md is made from the declared results. `UPDATE_DOCS=1` writes it anew. */
import { expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { jsonPage } from "../../scripts/json-page.ts";

const page = join(resolve(import.meta.dir, "../.."), "docs/json.md");

test("docs/json.md says what the declarations say", async () => {
  const text = await jsonPage();
  if (process.env.UPDATE_DOCS && !process.env.CI) await Bun.write(page, text);
  expect(await Bun.file(page).text()).toBe(text);
});
