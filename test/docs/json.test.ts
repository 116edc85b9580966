/** docs/json.md is made from the declared results. `make generated` writes it anew. */
import { test } from "bun:test";
import { jsonPage } from "../../scripts/json-page.ts";
import { expectPage } from "./generated.ts";

test("docs/json.md says what the declarations say", async () => {
  await expectPage("docs/json.md", await jsonPage());
});
