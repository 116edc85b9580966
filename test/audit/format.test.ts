import { expect, test } from "bun:test";
import type { AuditEvent } from "../../src/audit/format/event.ts";
import { formatEvent } from "../../src/audit/read/line.ts";

const EVENT: AuditEvent = {
  id: "01a1fa8f-bc2c-7447-a722-f37b13a07121",
  seq: 1,
  timestamp: "2026-01-24T14:30:00.123Z",
  operation: "destroy",
  outcome: "success",
  user: "user",
  host: "hostname",
  project: "shop",
  details: { backup: "yes" },
  data_affected: [],
  prev_hash: "0".repeat(64),
  hash: "1".repeat(64),
};

test("the line for people", () => {
  expect(formatEvent(EVENT)).toBe("2026-01-24 14:30:00  destroy  user@hostname  backup=yes  outcome=success");
});

test("plain details are shown, quoted where they need it and cut where they are long; others are not", () => {
  const details = {
    text: "disk full",
    ok: true,
    no: false,
    n: 3,
    empty: "",
    nothing: null,
    list: [1],
    map: { a: 1 },
  };
  expect(formatEvent({ ...EVENT, details })).toContain(
    '  text="disk full"  ok=yes  no=no  n=3  empty=""  outcome',
  );
  expect(formatEvent({ ...EVENT, details: { long: "x".repeat(100) } })).toContain(
    `long=${"x".repeat(59)}…  outcome`,
  );
});

test("what came from elsewhere cannot steer a terminal", () => {
  const evil = "\u001b[2J\u0007\r\n\u202egpj";
  const line = formatEvent({ ...EVENT, user: evil, operation: evil, details: { [evil]: evil } });
  expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(line).toContain("\\u001b[2J");
});
