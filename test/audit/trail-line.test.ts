/** Lines of a trail are the same from both ends, whatever stands in the file. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportEvents } from "../../src/audit/export/export.ts";
import { GENESIS, seal } from "../../src/audit/format/chain.ts";
import { linesBackward } from "../../src/audit/format/lines.ts";
import { lineOf, type TrailLine } from "../../src/audit/format/trail-line.ts";
import { linesForward } from "../../src/audit/journal/forward.ts";
import { trailLines } from "../../src/audit/journal/segments.ts";
import { findEvents } from "../../src/audit/read/find.ts";
import { matching } from "../../src/audit/read/query.ts";
import { random } from "../lab/random.ts";
import { temporaryDirectory } from "../support/directory.ts";

function sealed(seq: number, details: Readonly<Record<string, string>> = {}) {
  return seal({
    id: Bun.randomUUIDv7(),
    seq,
    timestamp: "2026-01-24T14:30:00.000Z",
    operation: "export",
    outcome: "success",
    user: "ada",
    host: "h",
    project: "shop",
    details,
    data_affected: [],
    prev_hash: GENESIS.replaceAll("0", "a"),
  });
}

const said = ({ seq, hash, prevHash, text }: TrailLine) => ({ seq, hash, prevHash, text });

test("an event's line says its number and both hashes", () => {
  const { event, line } = sealed(42, { text: '"seq":7, "hash":"x", é' });
  const { seq, hash, prevHash, text } = lineOf(line);
  expect({ seq, hash, prevHash, text }).toEqual({
    seq: 42,
    hash: event.hash,
    prevHash: event.prev_hash,
    text: line,
  });
  expect([lineOf(line).hasHash(event.hash), lineOf(line).hasHash(event.prev_hash)]).toEqual([true, false]);
});

test.each(["", "x", "{}", '{"id":"', '{"id":"a","seq":}', "x".repeat(65)])("%p has neither", (text) => {
  expect(said(lineOf(text))).toEqual({ seq: Number.POSITIVE_INFINITY, hash: "", prevHash: "", text });
  expect(lineOf(text).hasHash("")).toBe(false);
});

test("forward and backward give the same lines, however they lie across what is read at once", () => {
  const seed = Date.now() % 1_000_000;
  const next = random(seed);
  const pick = (seq: number): Buffer => {
    const kind = next();
    if (kind < 0.1) return Buffer.from("x".repeat(Math.floor(next() * 200)));
    if (kind < 0.15) return Buffer.from([0xff, 0xfe, 0x22]);
    if (kind < 0.2)
      return Buffer.from(sealed(seq, { text: "y".repeat(Math.floor(next() * 1_500_000)) }).line);
    return Buffer.from(sealed(seq, { text: "é".repeat(Math.floor(next() * 3_000)) }).line);
  };
  const lines = Array.from({ length: 200 }, (_, index) => pick(index + 1));
  const file = join(temporaryDirectory(), "audit.jsonl");
  writeFileSync(
    file,
    Buffer.concat([...lines.flatMap((line) => [line, Buffer.from("\n")]), Buffer.from("torn")]),
  );
  const forward = Array.from(linesForward(file), said);
  expect(forward, `seed ${seed}`).toEqual(lines.map((line) => said(lineOf(line.toString()))));
  expect(Array.from(linesBackward(file), said).reverse(), `seed ${seed}`).toEqual(forward);
});

test("a line that is not UTF-8 is passed over by nobody who looks for events", () => {
  const [first, second] = [sealed(1), sealed(2, { text: "changed" })];
  const bytes = Buffer.from(`${first.line}\n${second.line}\n`);
  bytes[bytes.indexOf("changed")] = 0xff;
  const file = join(temporaryDirectory(), "audit.jsonl");
  writeFileSync(file, bytes);
  const exported = (limit: number | "all"): number => {
    const { pieces } = exportEvents({ file, format: "jsonl", filter: {}, limit, full: true });
    return [...pieces].length;
  };
  expect([exported(10), exported("all"), [...matching(trailLines(file), {})].length]).toEqual([2, 2, 2]);
  expect(findEvents(file, "2").matches).toHaveLength(1);
});
