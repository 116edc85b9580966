/** Which records of a line belong to a person, whatever file it is a line of. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { PersonPlace } from "../../../src/config/subjects.ts";
import { readIdentifier } from "../../../src/retention/subjects/identifier.ts";
import { matcherOf } from "../../../src/retention/subjects/matcher.ts";
import { needleOf } from "../../../src/retention/subjects/needle.ts";
import { blotting } from "../../../src/retention/subjects/spellings.ts";
import { keepRecords } from "../../../src/snapshot/format/keep-records.ts";
import { recordsOf } from "../../../src/snapshot/format/record-keys.ts";

/** The numbers of the records that are the person's, and whether each has a line of its own. */
function matched(id: string, file: string, line: object, places: readonly PersonPlace[] = []) {
  const text = JSON.stringify(line);
  const all = Array.from(recordsOf(file, JSON.parse(text)), ({ content }) => content);
  return Array.from(matcherOf(id, places).recordsIn(file, text), ({ record, line: own }) => {
    expect(Array.from(recordsOf(file, JSON.parse(own)), ({ content }) => content)).toEqual([record.content]);
    return all.indexOf(record.content);
  });
}

const LOGS = {
  streams: [
    {
      stream: { app: "shop" },
      values: [
        ["1", "user 12 has paid"],
        ["2", "user 123 has paid"],
        ["3", "a line", { user: "12" }],
        ["4", '{"user":{"id":"12"}}'],
        ["5", "\n12\n"],
      ],
    },
    { stream: { user: "12" }, values: [["1", "whatever"]] },
  ],
};

test("entries by their line, their metadata, and the labels of their stream; 12 is not 123", () => {
  expect(matched("12", "logs.json", LOGS)).toEqual([0, 2, 3, 4, 5]);
  expect(matched("1234", "logs.json", LOGS)).toEqual([]);
});

test("only by fields: exact members of labels, metadata, and of a line that is JSON", () => {
  const by = (...fields: string[]) => matched("12", "logs.json", LOGS, [{ fields }]);
  expect(by("user")).toEqual([2, 5]);
  expect(by("stream.user")).toEqual([5]);
  expect(by("user.id")).toEqual([3]);
  expect(by("ser")).toEqual([]);
  expect(matched("12", "logs.json", LOGS, [{ fields: ["user"] }, { where: "{}" }])).toEqual([0, 2, 3, 4, 5]);
});

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const span = (name: string, ...attributes: object[]) => ({
  name,
  traceId: "a",
  startTimeUnixNano: "12",
  attributes,
});
const TRACES = {
  resourceSpans: [
    {
      resource: { attributes: [attribute("service.name", "shop")] },
      scopeSpans: [
        {
          scope: {},
          spans: [span("a", attribute("user.id", "12")), span("b"), span("c", attribute("cart", "of 12!"))],
        },
      ],
    },
    { resource: { attributes: [attribute("user.id", "12")] }, scopeSpans: [{ spans: [span("d")] }] },
  ],
};

test("spans by their attributes, and those of their resource; a time is no identifier, unless it is asked for", () => {
  expect(matched("12", "traces.json", TRACES, [{ fields: ["attributes.user.id"] }])).toEqual([0, 3]);
  expect(matched("of", "traces.json", TRACES)).toEqual([2]);
});

test("samples by the labels of their series, and never by their numbers", () => {
  const line = { metric: { user: "12" }, timestamps: [12, 13], values: [12, 1] };
  expect(matched("12", "metrics.json", line)).toEqual([0, 1]);
  expect(matched("12", "metrics.json", { ...line, metric: { user: "a" } })).toEqual([]);
});

test("a line of any other file, by texts, names of members and numbers, however large", () => {
  const line = { table: "orders", customer: 4711, big: 1, who: { "ann@example.com": true } };
  const text = JSON.stringify(line).replace('"big":1', '"big":12345678901234567890');
  const has = (id: string) => [...matcherOf(id).recordsIn("own/rows.jsonl", text)].length;
  expect([
    has("4711"),
    has("ann@example.com"),
    has("12345678901234567890"),
    has("12345678901234567000"),
    has("471"),
  ]).toEqual([1, 1, 1, 0, 0]);
});

test("a number is the identifier as a whole: 12 is not 12.5", () => {
  const has = (line: object) => [...matcherOf("12").recordsIn("own/rows.jsonl", JSON.stringify(line))].length;
  expect([has({ price: 12.5 }), has({ price: -12 }), has({ id: 12 }), has({ text: "12.5 of it" })]).toEqual([
    0, 0, 1, 1,
  ]);
});

test.each([
  ["as Go writes a sender", String.raw`{"from":"Ann \u003cann@example.com\u003e"}`],
  ["behind a tab", String.raw`{"text":"to\tann@example.com"}`],
  ["in JSON within JSON", JSON.stringify({ log: JSON.stringify({ text: "to\nann@example.com" }) })],
  ["quoted in logfmt", String.raw`level=info msg="to\nann@example.com"`],
])("an identifier in a line that is escaped itself, %s, is a word", (_, text) => {
  const line = {
    streams: [
      {
        stream: {},
        values: [
          ["1", text],
          ["2", "nobody"],
        ],
      },
    ],
  };
  expect(matched("ann@example.com", "logs.json", line)).toEqual([0]);
  expect(matched("nn@example.com", "logs.json", line)).toEqual([]);
  expect(matcherOf("ann@example.com").isIn(blotting("ann@example.com")(text))).toBe(false);
});

test("the backslash of a path is none of an escape, and an accent makes another word", () => {
  const has = (id: string, text: string) => matcherOf(id).isIn(JSON.stringify({ text }));
  expect(has("ann", String.raw`C:\users\nann`)).toBe(false);
  expect(has("jose", "jose\u0301 has paid")).toBe(false);
  expect(has("jose\u0301", "jose\u0301 has paid")).toBe(true);
});

const words = fc.string({
  unit: fc.constantFrom(...'ab1 é"\\/<&_-.\n\u{1f600}李'),
  minLength: 2,
  maxLength: 6,
});
const ids = words.filter((text) => {
  try {
    return readIdentifier(text) === text;
  } catch {
    return false;
  }
});
const ascii = (text: string) =>
  text.replaceAll(
    /[\u0080-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`,
  );
const ENCODERS: readonly ((value: object) => string)[] = [
  JSON.stringify,
  (value) => ascii(JSON.stringify(value)),
  (value) => JSON.stringify(value).replaceAll(/[<>&/]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
];

test("no line that has a match is passed over, whoever wrote it", () => {
  fc.assert(
    fc.property(
      ids,
      fc.array(fc.tuple(words, words, fc.boolean(), fc.nat(2)), { maxLength: 8 }),
      (id, all) => {
        const lines = all.map(
          ([before, after, has, encoder]) =>
            ENCODERS[encoder]?.({ text: `${before}${has ? ` ${id} ` : ""}${after}` }) ?? "",
        );
        const found = Array.from(needleOf(id).linesIn(Buffer.from(lines.join("\n"))), (line) =>
          Buffer.from(line).toString(),
        );
        const isMatch = (line: string) => [...matcherOf(id).recordsIn("own/x.jsonl", line)].length > 0;
        expect(found.filter(isMatch)).toEqual(lines.filter(isMatch));
        for (const [index, [, , has]] of all.entries())
          if (has) expect(isMatch(lines[index] ?? "")).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

const entry = fc.tuple(words, fc.boolean(), fc.constantFrom("ab 1", "-"));

test("without what was found nothing is found, and every other record is as it was", () => {
  fc.assert(
    fc.property(
      ids,
      fc.array(fc.tuple(words, fc.array(entry, { maxLength: 5 })), { maxLength: 4 }),
      (id, streams) => {
        const line = streams.map(([label, entries], at) => ({
          stream: { label, number: `${at}` },
          values: entries.map(([text, has, beside], time) => [
            `${time}`,
            has ? `${text} ${id} ${text}` : text,
            { beside },
          ]),
        }));
        const text = JSON.stringify({ streams: line });
        const contents = (of: string | undefined) =>
          of === undefined
            ? []
            : Array.from(recordsOf("logs.json", JSON.parse(of)), ({ content }) => content);
        const found = Array.from(matcherOf(id).recordsIn("logs.json", text), ({ record }) => record.content);
        const all = contents(text);
        let at = -1;
        const left = keepRecords("logs.json", text, () => {
          at += 1;
          return !found.includes(all[at] ?? "");
        });
        expect(contents(left)).toEqual(all.filter((one) => !found.includes(one)));
        expect(left === undefined ? [] : [...matcherOf(id).recordsIn("logs.json", left)]).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

test("what is blotted out is not found again, and no other word changes", () => {
  fc.assert(
    fc.property(ids, words, words, (id, before, after) => {
      const text = blotting(id)(`${before} ${id} ${after}`);
      expect(matcherOf(id).isIn(text)).toBe(false);
      expect(blotting(id)(`x${id}x`)).toBe(`x${id}x`);
    }),
  );
});

test.each(["", "  ", ".*", "a", "é", "a\nb", "--- __", "x".repeat(501)])("%j identifies nobody", (text) => {
  expect(() => readIdentifier(text)).toThrow(RangeError);
});
