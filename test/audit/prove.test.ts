/** The quick proof of a line and the thorough one are one and the same. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { GENESIS, LineError, readLine, seal, type UnsealedEvent } from "../../src/audit/format/chain.ts";
import { proveLine } from "../../src/audit/verify/prove.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

/** The quick proof of a line in the middle of a block, as `audit verify` meets it. */
function proveInBlock(line: Buffer | string): ReturnType<typeof proveLine> {
  const bytes = Buffer.from(line);
  const block = Buffer.concat([Buffer.from('{"id":"\n'), bytes, Buffer.from('\n{"id":"')]);
  return proveLine(block, 8, 8 + bytes.length);
}

const EVENT: UnsealedEvent = {
  id: "01a1fa8f-bc2c-7447-a722-f37b13a07121",
  seq: 7,
  timestamp: "2026-01-24T14:30:00.123Z",
  operation: "destroy",
  outcome: "success",
  user: "ada",
  host: "build-7",
  project: "shop",
  details: { backup: "yes", counts: { entries: 12, streams: 3 } },
  data_affected: ["loki:logs"],
  prev_hash: GENESIS,
};

const verdict = <Line>(prove: (line: Line) => unknown, line: Line): string => {
  try {
    prove(line);
    return "proved";
  } catch (error) {
    if (error instanceof LineError) return error.message;
    throw error;
  }
};

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", '"', "\\", '","data_affected":["', "}"),
);
const event = fc.record({
  user: text,
  operation: text,
  details: fc.dictionary(text, fc.jsonValue({ maxDepth: 3 })),
  data_affected: fc.array(text, { maxLength: 3 }),
});

test("whatever is sealed is proved by both, and gives the same", () => {
  fc.assert(
    fc.property(event, fc.option(text), fc.option(text), fc.option(text), (fields, path, via, request) => {
      const details = JSON.parse(JSON.stringify(fields.details));
      const { line, event: sealed } = seal({
        ...EVENT,
        ...fields,
        details,
        ...(path === null ? {} : { export_path: path }),
        ...(via === null ? {} : { via }),
        ...(request === null ? {} : { request }),
      });
      const { id, seq, timestamp, operation, outcome, prev_hash, hash } = sealed;
      expect(verdict(readLine, line)).toBe("proved");
      expect(proveInBlock(line)).toMatchObject({ id, seq, timestamp, operation, outcome, prev_hash, hash });
    }),
    { numRuns: 500 },
  );
});

test("whatever is changed in a line is refused by both, for the same reason", () => {
  const who = { via: "api", request: "r-1" };
  const { line } = seal({ ...EVENT, ...who, ref: EVENT.id, export_path: "backups/1" });
  fc.assert(
    fc.property(
      fc.nat({ max: line.length - 1 }),
      fc.string({ maxLength: 3 }),
      fc.nat({ max: 3 }),
      (at, put, cut) => {
        const changed = (line.slice(0, at) + put + line.slice(at + cut)).toWellFormed();
        fc.pre(changed !== line && !changed.includes("\n"));
        expect(verdict(proveInBlock, changed)).toBe(verdict(readLine, changed));
        expect(verdict(proveInBlock, changed)).not.toBe("proved");
      },
    ),
    { numRuns: 2_000 },
  );
});

/** A forger who knows how the quick proof makes the canonical form, and writes something else into the line. */
const forged = (details: string): string => {
  const parts = [
    '"data_affected":[]',
    `"details":${details}`,
    '"host":"h"',
    `"id":"${EVENT.id}"`,
    '"operation":"x"',
  ];
  const more = [
    '"outcome":"success"',
    `"prev_hash":"${GENESIS}"`,
    '"project":"p"',
    '"seq":1',
    `"timestamp":"${EVENT.timestamp}"`,
    '"user":"u"',
  ];
  const hash = createHash("sha256")
    .update(`{${[...parts, ...more].join(",")}}`)
    .digest("hex");
  const head = `{"id":"${EVENT.id}","seq":1,"timestamp":"${EVENT.timestamp}","operation":"x","outcome":"success"`;
  return `${head},"user":"u","host":"h","project":"p","details":${details},"data_affected":[],"prev_hash":"${GENESIS}","hash":"${hash}"}`;
};

test.each([
  '{"b":1,"a":2}',
  '{"a":1.0}',
  '{ "a":1}',
  '{"a":"\\u0041"}',
  '{"a":1,"a":1}',
  "[]",
  "{}}",
  "x",
  "{",
  '{"a":-0}',
  '{"a":01}',
  '{"a":1e2}',
  '{"a":+1}',
  '{"a":12345678901234567890}',
  '{"a":1.50}',
  '{"ab":1,"a":2}',
  '{"a":1,}',
  '{"a":[1,]}',
  '{"a":[,1]}',
  '{"a":tru}',
  '{"a":nul}',
  '{"a":"\t"}',
  '{"a":"\\/"}',
  '{"a" :1}',
  '{"a":1}{}',
  '{"a":1},"details":{"a":1}',
  '{"a":{"c":1,"b":2}}',
])("details that are not canonical are not made good by a hash over them: %s", (details) => {
  expect(verdict(readLine, forged('{"a":1}'))).toBe("proved");
  expect(verdict(proveInBlock, forged(details))).not.toBe("proved");
  expect(verdict(proveInBlock, forged(details))).toBe(verdict(readLine, forged(details)));
});

test("whatever stands in the details, with a hash over it as it stands, both say the same", () => {
  const piece = fc.constantFrom(
    ...'{}[],:"',
    "a",
    "b",
    "ab",
    "0",
    "-",
    "1",
    "9",
    ".",
    "e",
    "true",
    "null",
    "false",
    " ",
    "\\",
    "é",
    '"a":',
    '"b":',
  );
  const written = fc.oneof(
    fc.array(piece, { maxLength: 14 }).map((pieces) => `{${pieces.join("")}}`),
    fc
      .dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 4 }))
      .map((value) => JSON.stringify(value)),
  );
  let proved = 0;
  fc.assert(
    fc.property(written, (details) => {
      const line = forged(details).toWellFormed();
      const said = verdict(readLine, line);
      expect(verdict(proveInBlock, line)).toBe(said);
      proved += said === "proved" ? 1 : 0;
    }),
    { numRuns: 6_000 },
  );
  expect(proved).toBeGreaterThan(300);
});

test("every byte of a plain line, changed to every value, is refused", () => {
  const whole = Buffer.from(seal({ ...EVENT, ref: EVENT.id, export_path: "backups/1" }).line);
  const missed: string[] = [];
  for (let at = 0; at < whole.length; at += 1) {
    for (let value = 0; value < 256; value += 1) {
      if (value === whole[at]) continue;
      const changed = Buffer.from(whole);
      changed[at] = value;
      if (verdict(proveInBlock, changed) === "proved") missed.push(`${at}: ${value}`);
    }
  }
  expect(missed).toEqual([]);
});

test("details that nest deeper than any reader can follow are refused, not the end of it", () => {
  const deep = (levels: number) => forged(`{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`);
  for (const levels of [31, 32, 33, 500]) expect(verdict(proveInBlock, deep(levels))).toBe("proved");
  expect(verdict(proveInBlock, deep(100_000))).toBe("it nests deeper than can be read");
});
