import { expect, test } from "bun:test";
import { colorsFor } from "../../src/terminal/styles.ts";
import { formatTable } from "../../src/terminal/table.ts";

test("columns are as wide as their widest cell, whatever its colours", () => {
  const { red } = colorsFor({ isTTY: true }, {});
  const lines = formatTable(
    [{ gap: 0, width: 6 }, { align: "right" }, {}],
    [
      ["a", red("1.5 MB"), "x"],
      ["日本", "20.0 MB", ""],
    ],
  );
  expect(lines.map((line) => Bun.stripANSI(line))).toEqual(["a      1.5 MB  x", "日本  20.0 MB"]);
});

test("a row whose last cell holds colours and no text does not continue on an empty line", () => {
  const { dim } = colorsFor({ isTTY: true }, {});
  const rows = [
    ["Projects", "old-sales", dim("")],
    ["Platform", "node-exporter", dim("infra")],
  ];
  for (const width of [20, 24, 40])
    expect(
      formatTable([{}, {}, {}], rows, width).filter((line) => Bun.stripANSI(line).trim() === ""),
    ).toEqual([]);
});
