import { expect, test } from "bun:test";
import type { Outcome } from "../../src/audit/format/event.ts";
import { trailLines } from "../../src/audit/journal/segments.ts";
import { follow } from "../../src/audit/read/follow.ts";
import { matching } from "../../src/audit/read/query.ts";
import { statsOf } from "../../src/audit/read/stats.ts";
import { makeFolder } from "./folder.ts";

test("each operation counts once, by operation, user, outcome and week, weeks without gaps", async () => {
  using folder = makeFolder();
  const write = async (time: string, user: string, operation: string, outcome: Outcome) => {
    const trail = folder.open({
      clock: () => Date.parse(time),
      identity: { user, host: "h" },
      staleAfterMs: 1e15,
    });
    await trail.append({ operation, outcome });
  };
  await write("2026-01-18T23:59:59Z", "ada", "export", "started"); // a Sunday
  await write("2026-01-18T23:59:59Z", "ada", "export", "success");
  await write("2026-01-19T00:00:00Z", "ada", "export", "failed"); // a Monday
  await write("2026-02-03T00:00:00Z", "grace", "destroy", "success");
  expect(statsOf(matching(trailLines(folder.file), {}))).toEqual({
    operations: 4,
    byOperation: {
      export: { success: 1, failed: 1 },
      destroy: { success: 1 },
      trail_rotation: { success: 1 }, // January's file was closed
    },
    byUser: { "ada@h": { success: 1, failed: 1 }, "grace@h": { success: 2 } },
    byOutcome: { success: 3, failed: 1 },
    byWeek: [
      { week: "2026-01-12", tally: { success: 1 } },
      { week: "2026-01-19", tally: { failed: 1 } },
      { week: "2026-01-26", tally: {} },
      { week: "2026-02-02", tally: { success: 2 } },
    ],
  });
});

test("following gives new events that fit, once each, also over a closed file", async () => {
  using folder = makeFolder();
  const trail = folder.open({ rotateBytes: 2_000 });
  await trail.append({ operation: "export", outcome: "success", details: { number: -1 } });
  const end = new AbortController();
  const seen: unknown[] = [];
  const following = (async () => {
    for await (const { event } of follow(folder.file, { operation: "export" }, end.signal)) {
      seen.push(event.details.number);
      if (seen.length === 12) end.abort();
    }
  })();
  await Bun.sleep(0); // it has looked where the trail ends
  for (let number = 0; number < 12; number += 1) {
    await trail.append({ operation: "export", outcome: "success", details: { number } });
    await trail.append({ operation: "destroy", outcome: "success" });
    if (number % 5 === 0) await Bun.sleep(300); // let it look in between
  }
  await following;
  expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index));
});
