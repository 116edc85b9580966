/** Lines of data files in parts: what is left out and what is kept are together what there was, to the last bit. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { joinKey, joinLines } from "../../src/snapshot/format/join-lines.ts";
import { keepRecords } from "../../src/snapshot/format/keep-records.ts";
import { recordsOf } from "../../src/snapshot/format/record-keys.ts";

const partOf = (file: string, line: string, kept: readonly boolean[]): string | undefined => {
  const isKept = kept.values();
  return keepRecords(file, line, () => isKept.next().value === true);
};

/** Numbers as servers and other programs write them; `JSON.parse` alone would change most. */
const number = fc.constantFrom("0", "-0", "1.0", "1e3", "0.1", "9223372036854775807", "5e-324", "-12.50");
const text = fc.string({ unit: "binary", maxLength: 6 });

const samples = fc
  .uniqueArray(fc.record({ time: fc.nat(1_000), value: number, kind: fc.nat(4), start: fc.nat(2) }), {
    selector: ({ time }) => time,
    minLength: 1,
    maxLength: 8,
  })
  .map((all) => {
    const points = all.toSorted((a, b) => a.time - b.time);
    const special = points.flatMap(({ kind }, at) =>
      kind > 2 ? [`"${at}":"${kind === 3 ? "stale" : "NaN"}"`] : [],
    );
    let last = 0;
    const starts = points.flatMap(({ start }, at) => {
      if (start === last) return [];
      last = start;
      return [`[${at},${start}]`];
    });
    const parts = [
      `"metric":{"__name__":"up"}`,
      `"timestamps":[${points.map(({ time }) => time)}]`,
      `"values":[${points.map(({ value, kind }) => (kind > 2 ? "null" : value))}]`,
      ...(special.length === 0 ? [] : [`"special":{${special}}`]),
      ...(starts.length === 0 ? [] : [`"starts":[${starts}]`]),
    ];
    return `{${parts}}`;
  });

const entries = fc
  .array(fc.record({ time: fc.nat(30), line: text, metadata: fc.dictionary(text, text, { maxKeys: 2 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((all) => {
    const values = all
      .toSorted((a, b) => a.time - b.time)
      .map(({ time, line, metadata }) => [`${1_000_000_000_000 + time}`, line, metadata]);
    return JSON.stringify({ streams: [{ stream: { app: "web" }, values }] });
  });

const spans = fc.array(fc.tuple(fc.nat(2), fc.nat(2), number), { minLength: 1, maxLength: 8 }).map((all) => {
  const span = (at: number, value: string): string =>
    `{"traceId":"t","spanId":"${at}","startTimeUnixNano":"${at}","name":"n","attributes":[{"key":"k","value":{"doubleValue":${value}}}]}`;
  const scopes = [0, 1, 2].flatMap((resource) => {
    const own = [0, 1, 2].flatMap((scope) => {
      const some = all.flatMap(([a, b, value], at) =>
        a === resource && b === scope ? [span(at, value)] : [],
      );
      return some.length === 0 ? [] : [`{"scope":{"name":"${scope}"},"spans":[${some}]}`];
    });
    return own.length === 0 ? [] : [`{"resource":{"attributes":[]},"scopeSpans":[${own}]}`];
  });
  return `{"resourceSpans":[${scopes}]}`;
});

const LINES: [string, fc.Arbitrary<string>][] = [
  ["metrics.json", samples],
  ["logs.json", entries],
  ["traces.json", spans],
];
const contents = (file: string, line: string): string[] =>
  [...recordsOf(file, JSON.parse(line))].map(({ content }) => content);

describe.each(LINES)("a line of %s", (file, lines) => {
  test("is parted into two that have all of its records, in its order", () => {
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.boolean()), (line, choice) => {
        const all = contents(file, line);
        const kept = all.map(() => choice.next().value === true);
        const parts = [kept, kept.map((is) => !is)].map((mask) => partOf(file, line, mask));
        for (const [index, part] of parts.entries()) {
          const expected = all.filter((_, at) => kept[at] === (index === 0));
          expect(part === undefined ? [] : contents(file, part)).toEqual(expected);
        }
      }),
    );
  });

  test("keeps every number and text as it was written", () => {
    fc.assert(
      fc.property(lines, (line) => {
        const all = contents(file, line);
        fc.pre(all.length > 1);
        for (let at = 0; at < all.length; at += 1) {
          const part =
            partOf(
              file,
              line,
              all.map((_, index) => index !== at),
            ) ?? "";
          const written = (text: string): string[] => text.match(/-?\d[\d.e+-]*/g) ?? [];
          const before = written(line);
          if (file === "traces.json") for (const one of written(part)) expect(before).toContain(one);
        }
      }),
    );
  });
});

test.each(LINES.slice(0, 2))("parts of a line of %s are joined to what it was", (file, lines) => {
  fc.assert(
    fc.property(lines, fc.infiniteStream(fc.boolean()), (line, choice) => {
      const kept = contents(file, line).map(() => choice.next().value === true);
      const parts = [kept, kept.map((is) => !is)].flatMap((mask) => partOf(file, line, mask) ?? []);
      expect(new Set(parts.map((part) => joinKey(file, part))).size).toBe(1);
      const joined = joinLines(file, parts);
      if (file === "metrics.json") expect(joined).toBe(line);
      else expect(contents(file, joined).sort()).toEqual(contents(file, line).sort());
    }),
  );
});
