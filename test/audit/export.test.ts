/** What was exported is exactly what the trail has, and no spreadsheet takes it for a formula. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { type AuditExport, exportEvents } from "../../src/audit/export/export.ts";
import type { AuditEvent } from "../../src/audit/format/event.ts";
import { csvCell } from "../../src/units/csv.ts";
import { makeFolder } from "./folder.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const EVIL = [
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  "'",
  "'=1",
  "''",
  "",
  " ",
  ",",
  '"',
  '","',
  "a\r\nb",
  "\n",
  '=HYPERLINK("http://evil","x")',
  "＝1",
  "＋1",
  "－1",
  "＠x",
  "Grüße 🎉",
  "\u0000",
  "=cmd|' /C calc'!A0",
];

/** What a person does who wants the value back. */
const recovered = (cell: string) => (cell.startsWith("'") ? cell.slice(1) : cell);
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

const readCsv = (text: string): string[][] =>
  parse(text, { record_delimiter: "\r\n", relax_column_count: false });

describe("a cell", () => {
  test.each(EVIL)("%j", (text) => {
    const [[cell = ""] = []] = readCsv(`${csvCell(text)},end\r\n`);
    expect(cell).not.toMatch(FORMULA);
    expect(recovered(cell)).toBe(text);
  });

  test("any text is recovered exactly", () => {
    const texts = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...EVIL)), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(texts, (row) => {
        const [cells = []] = readCsv(`${row.map(csvCell).join(",")}\r\n`);
        expect(cells.map(recovered)).toEqual(row);
        expect(cells.filter((cell) => FORMULA.test(cell))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a trail", () => {
  const folder = makeFolder();
  let events: readonly AuditEvent[];
  const START = Date.parse("2026-03-01T00:00:00Z");

  beforeAll(async () => {
    let number = 0;
    const trail = folder.open({ rotateBytes: 5_000, clock: () => START + number * 3_600_000 });
    for (const text of EVIL) {
      number += 1;
      const details = { [`key ${text}`]: text, number, long: number === 3 ? "x".repeat(5_000) : "" };
      const path = number % 3 === 0 ? {} : { exportPath: text };
      await trail.append({
        operation: text || "export",
        outcome: "success",
        details,
        dataAffected: [text, "loki"],
        ...path,
      });
    }
    events = await trail.newest({ limit: 1_000 });
    const closed = events.filter(({ operation }) => operation === "trail_rotation");
    expect(events).toHaveLength(EVIL.length + closed.length);
  });
  afterAll(() => folder[Symbol.dispose]());

  const run = (request: Partial<AuditExport>) => {
    const exported = exportEvents({
      file: folder.file,
      format: "jsonl",
      filter: {},
      limit: 1_000,
      full: false,
      ...request,
    });
    const text = [...exported.pieces].join("");
    return { text, count: exported.count(), isCut: exported.isCut() };
  };

  test.each([1_000, "all"] as const)("as CSV, limit %p: every field of every event is recovered", (limit) => {
    const { text, count } = run({ format: "csv", limit });
    const [header = [], ...rows] = readCsv(text);
    const back = rows.map((row) => {
      const cells = Object.fromEntries(header.map((name, index) => [name, row[index] ?? ""]));
      const plain = (name: string) => recovered(cells[name] ?? "");
      const optional = (name: string) => (cells[name] === "" ? {} : { [name]: plain(name) });
      return {
        ...Object.fromEntries(
          ["id", "timestamp", "operation", "outcome", "user", "host", "project", "prev_hash", "hash"].map(
            (name) => [name, plain(name)],
          ),
        ),
        seq: Number(plain("seq")),
        details: JSON.parse(plain("details")),
        data_affected: JSON.parse(plain("data_affected")),
        ...optional("export_path"),
        ...optional("ref"),
      };
    });
    expect(back).toEqual(events as never);
    expect(count).toBe(events.length);
    for (const cell of rows.flat()) expect(cell).not.toMatch(FORMULA);
  });

  test("as JSON lines: the trail's own lines", async () => {
    const { text } = run({ limit: "all" });
    expect(
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual(events as never);
    const active = await folder.lines();
    expect(text).toEndWith(`${active.join("\n")}\n`);
  });

  test("as JSON: long details are cut and marked, unless in full", () => {
    const short = JSON.parse(run({ format: "json" }).text);
    expect(short).toHaveLength(events.length);
    expect(short[0]).toEqual(events[0]);
    expect(short[2].details).toEqual({ cut: expect.any(String), characters: expect.any(Number) });
    expect(short[2].details.cut).toHaveLength(1_000);
    expect(short[2].details.characters).toBeGreaterThan(5_000);
    expect(JSON.parse(run({ format: "json", full: true }).text)).toEqual(events);
  });

  test("the newest are given, and it is said when older ones were left out", () => {
    const { text, isCut, count } = run({ limit: 2, format: "json", full: true });
    expect(JSON.parse(text)).toEqual(events.slice(-2));
    expect([isCut, count]).toEqual([true, 2]);
    expect(run({ limit: events.length }).isCut).toBe(false);
  });

  test("filters apply, also when everything is streamed", () => {
    const filter = { from: START + 5 * 3_600_000, to: START + 8 * 3_600_000 };
    for (const limit of [100, "all"] as const) {
      expect(run({ filter, limit }).count).toBe(3);
    }
    expect(run({ filter: { operation: "nothing" }, format: "json" }).text).toBe("[]\n");
  });
});
