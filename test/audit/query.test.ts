import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import type { AuditEvent, AuditQuery } from "../../src/audit/format/event.ts";
import { makeFolder } from "./folder.ts";

const folder = makeFolder();
const DAY = 86_400_000;
const START = Date.parse("2026-01-01T12:00:00Z");

/** A hundred days, an event a day: every tenth a destroy by grace, which fails every other time. */
beforeAll(async () => {
  let day = 0;
  const clock = () => START + day * DAY;
  const ada = folder.open({ clock });
  const grace = folder.open({ clock, identity: { user: "grace", host: "laptop" } });
  for (; day < 100; day += 1) {
    const destroys = day % 10 === 0;
    await (destroys ? grace : ada).append({
      operation: destroys ? "destroy" : "export",
      outcome: day % 20 === 0 ? "failed" : "success",
      details: { day },
      dataAffected: destroys ? ["tempo:traces", "loki:logs"] : ["loki:logs"],
    });
  }
});
afterAll(() => folder[Symbol.dispose]());

const days = async (query: AuditQuery) =>
  (await folder.open().newest(query)).flatMap(({ details, operation }: AuditEvent) =>
    operation === "trail_rotation" ? [] : details.day,
  );

test.each<[Partial<AuditQuery>, number[]]>([
  [{ limit: 3 }, [97, 98, 99]],
  [{ limit: 2, operation: "destroy" }, [80, 90]],
  [{ outcome: "failed" }, [0, 20, 40, 60, 80]],
  [{ user: "grace", from: START + 75 * DAY }, [80, 90]],
  [{ host: "laptop", to: START + 15 * DAY }, [0, 10]],
  [{ affected: "tempo", limit: 1 }, [90]],
  [{ from: START + 10 * DAY, to: START + 13 * DAY }, [10, 11, 12]],
  [{ grep: '"DAY":42' }, [42]],
  [{ operation: "destroy", outcome: "success", user: "ada" }, []],
])("%j", async (query, expected) => {
  expect(await days({ limit: 1000, ...query })).toEqual(expected);
});

test("a line that is not an event is said and passed over; a torn one is not there yet", async () => {
  appendFileSync(folder.file, 'garbage\n{"id":"tor');
  expect(await days({ limit: 1 })).toEqual([99]);
  expect(folder.warnings.join()).toContain("lines that are not events (1)");
});

test("a trail that is not there has no events, and asking does not make one", async () => {
  using empty = makeFolder();
  expect(await empty.open().newest({ limit: 5 })).toEqual([]);
  expect(await Bun.file(empty.file).exists()).toBe(false);
});
