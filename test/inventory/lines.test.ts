/** The table of the inventory, and what is said of a backend that is missing in it. */
import { expect, test } from "bun:test";
import { inventoryLines, missingLines } from "../../src/commands/print-inventory.ts";
import type { Surveyed } from "../../src/inventory/survey.ts";
import { colorsFor } from "../../src/terminal/styles.ts";

const plain = colorsFor({ isTTY: false }, {});

const lost = (name: string, url?: string): Surveyed => ({
  state: "unreachable",
  name,
  open: { name, url } as never,
  error: new Error("it did not answer within 30 s"),
});

test("a name of any length has a gap behind it", () => {
  expect(inventoryLines([lost("loki"), lost("acme/loopy")], plain)).toEqual([
    "loki        unreachable",
    "acme/loopy  unreachable",
  ]);
});

test("only a backend with a URL is asked about one", () => {
  expect(missingLines([lost("loki", "http://localhost:3100")]).join()).toContain(
    "is backends.loki.url right?",
  );
  const line = missingLines([lost("acme/loopy")]).join();
  expect(line).not.toContain("url");
  expect(line).toContain("runs in a loop");
});
