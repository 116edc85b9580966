/** What labels may say, and how many there may be, whatever the names are. */
import { expect, test } from "bun:test";
import { exposed } from "../../../src/service/metrics/exposition.ts";
import { familiesOf } from "../../../src/service/metrics/families.ts";
import type { Figures } from "../../../src/service/metrics/figures.ts";

const NOTHING: Figures = { backends: [], ages: [], sinks: [], unreadable: [], now: 0 };
const STOCK = { snapshots: 0, damaged: 0, backends: new Map(), places: [], oldest: new Map() };

const textOf = (figures: Partial<Figures>): string =>
  exposed(familiesOf({ ...NOTHING, ...figures }, "1.0.0"), "text");

test("a name that says more than a name is left out, and the others are there", () => {
  const backends = [
    "loki",
    "loki@team~2da",
    "acme/notes",
    'x"} 1\nup 0',
    "secret prompt",
    "é",
    "a".repeat(201),
    "",
  ];
  const named = [
    ...textOf({ backends, stock: STOCK }).matchAll(/^contextcore_coverage_gaps\{backend="(.*)"\}/gm),
  ];
  expect(named.map(([, name]) => name)).toEqual(["loki", "loki@team~2da", "acme/notes"]);
});

test("however many tenants there are, a metric has a bounded number of samples", () => {
  const backends = Array.from({ length: 5_000 }, (_, number) => `loki@${number}`);
  const lines = textOf({ backends, stock: STOCK }).split("\n");
  expect(lines.filter((line) => line.startsWith("contextcore_coverage_gaps{")).length).toBe(2_000);
});

test("what could not be read is told, and nothing is said in its place", () => {
  const text = textOf({ backends: ["loki"], unreadable: [{ source: "snapshots", error: new Error("no") }] });
  expect(text).toContain('contextcore_source_readable{source="snapshots"} 0\n');
  expect(text).toContain('contextcore_source_readable{source="trail"} 1\n');
  expect(text).not.toMatch(/^contextcore_(snapshots|export|coverage)/m);
});

test("every metric has a name and a help of its own", () => {
  const families = familiesOf(NOTHING, "1.0.0");
  const names = families.map(({ name, type }) => (type === "counter" ? `${name}_total` : name));
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(families.map(({ help }) => help)).size).toBe(families.length);
  expect(
    names.filter((name) => !/^(contextcore|backup|data_age|retention_policy|process)_[a-z_]+$/.test(name)),
  ).toEqual([]);
});
