import { expect, test } from "bun:test";
import { summarise } from "../../src/verify/diff-summary.ts";

const manifest = {
  plugins: [
    { name: "loki", files: [{ path: "logs.json.zst", of: "logs.json" }] },
    { name: "grafana", files: [{ path: "grafana/a.json" }, { path: "grafana/b.json" }] },
  ],
} as unknown as Parameters<typeof summarise>[1][number]; // what the summary reads of a manifest

test("a comparison is summed up by backend: what came, what went, and which objects changed", () => {
  const object = (file: string, onlyA: number, onlyB: number) => ({
    file,
    unit: "objects",
    onlyA,
    onlyB,
    both: 1 - Math.max(onlyA, onlyB),
  });
  const files = [
    object("grafana/a.json", 1, 1),
    object("grafana/b.json", 0, 1),
    object("grafana/c.json", 0, 0),
    { file: "logs.json", unit: "entries", onlyA: 3, onlyB: 0, both: 7 },
  ];
  expect(summarise(files, [manifest])).toEqual([
    { backend: "loki", equal: false, units: [{ unit: "entries", more: 0, fewer: 3, changed: 0, both: 7 }] },
    {
      backend: "grafana",
      equal: false,
      units: [{ unit: "objects", more: 1, fewer: 0, changed: 1, both: 0 }],
    },
    {
      backend: "grafana/c.json",
      equal: true,
      units: [{ unit: "objects", more: 0, fewer: 0, changed: 0, both: 1 }],
    },
  ]);
});
