/** docs/metrics.md lists every metric, and docs/runbooks.md what to do about every alert. `make generated` writes the table anew. */
import { expect, test } from "bun:test";
import { familiesOf } from "../../src/service/metrics/families.ts";
import { expectPart, tableOf } from "./generated.ts";

test("it lists every metric", async () => {
  const families = familiesOf({ backends: [], ages: [], sinks: [], unreadable: [], now: 0 }, "");
  const rows = families.map(({ name, type, help }) => [
    `\`${type === "counter" ? `${name}_total` : name}\``,
    type,
    help,
  ]);
  expect(rows.length).toBeGreaterThan(40);
  const part = "metrics, made from src/service/metrics/families.ts";
  await expectPart("docs/metrics.md", part, tableOf(["metric", "type", "what it says"], rows));
});
