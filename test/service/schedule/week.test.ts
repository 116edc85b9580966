/** Schedules in simulated time: weeks with failures, crashes, clocks that jump and receivers that are told, in the real database. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RunOutcome } from "../../../src/results/schedules.ts";
import { at, HOUR, MINUTE, machine, schedule } from "./machine.ts";

test("a week: each night runs, one failed schedule stops no other, and people hear of it once", async () => {
  const nights = machine(
    [schedule("export", "15 2 * * *"), schedule("verify", "30 3 * * *"), schedule("copy", "45 2 * * *")],
    "2026-05-04T00:00:00Z",
  );
  nights.behave((name) => ({
    outcome:
      name === "copy" &&
      nights.now() > at("2026-05-06T00:00:00Z") &&
      nights.now() < at("2026-05-08T12:00:00Z")
        ? "failed"
        : "success",
    lastsMs: 5 * MINUTE,
  }));
  await nights.start();
  await nights.goOn(7 * 24 * HOUR, 5 * MINUTE);
  expect(nights.begun("export")).toHaveLength(7);
  expect(nights.begun("verify")).toHaveLength(7);
  // Three nights fail, each with two retries.
  expect(nights.begun("copy")).toHaveLength(4 + 3 * 3);
  expect(nights.told.filter((one) => one !== "ping")).toEqual([
    "shop: copy failed",
    "shop: copy went well again",
  ]);
  // Whoever waits for a sign of life hears none from the first failure until all is well.
  expect(nights.told.indexOf("shop: copy failed")).toBeLessThan(nights.told.lastIndexOf("ping"));
  const between = nights.told.slice(
    nights.told.indexOf("shop: copy failed"),
    nights.told.indexOf("shop: copy went well again"),
  );
  expect(between).not.toContain("ping");
});

test("nobody hears that all is well while something still runs", async () => {
  const nights = machine(
    [schedule("export", "15 2 * * *"), schedule("verify", "30 3 * * *")],
    "2026-05-04T00:00:00Z",
  );
  nights.behave((name) => ({ outcome: "success", lastsMs: name === "export" ? 3 * HOUR : MINUTE }));
  await nights.start();
  await nights.goOn(5 * HOUR);
  expect(nights.told).toEqual([]);
  await nights.goOn(HOUR);
  expect(nights.told).toEqual(["ping"]);
});

test("a crash in the middle of a run: it is closed, and finished rather than begun again", async () => {
  const nights = machine([schedule("export", "15 2 * * *")], "2026-05-04T00:00:00Z");
  nights.behave(() => ({ outcome: "success", lastsMs: 30 * MINUTE }));
  await nights.start();
  await nights.goOn(2 * HOUR + 20 * MINUTE);
  nights.crash();
  nights.jump(10 * MINUTE);
  await nights.start();
  expect(nights.states.read("export")).toMatchObject({ outcome: "interrupted", attempt: 1 });
  await nights.goOn(HOUR);
  expect([...nights.runs.values()].map(({ isResumed, outcome }) => ({ isResumed, outcome }))).toEqual([
    { isResumed: false, outcome: "interrupted" },
    { isResumed: true, outcome: "success" },
  ]);
  expect(nights.told).toEqual(["ping"]);
});

test("what cannot even begin is told, and so is a night without a run", async () => {
  const nights = machine(
    [schedule("export", "15 2 * * *", { catch_up: false, retry: { times: 0, wait: "5m", resume: true } })],
    "2026-05-04T00:00:00Z",
  );
  nights.behave(() => ({ outcome: "not-started", lastsMs: 0 }));
  await nights.start();
  await nights.goOn(24 * HOUR);
  expect(nights.faults.open()).toMatchObject([{ kind: "not-started", message: "export: the place refuses" }]);
  nights.behave(() => ({ outcome: "success", lastsMs: MINUTE }));
  nights.crash();
  nights.jump(30 * HOUR);
  await nights.start();
  await nights.goOn(HOUR);
  await nights.goOn(24 * HOUR);
  expect(nights.told).toEqual([
    "shop: export could not begin",
    "shop: export was missed",
    "shop: export went well again",
    "ping",
  ]);
});

type Event = { readonly go: number } | { readonly crash: number } | { readonly jump: number };

const EVENTS: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ go: fc.integer({ min: 1, max: 20 }) }) },
    { weight: 1, arbitrary: fc.record({ crash: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ jump: fc.integer({ min: -20, max: 40 }) }) },
  ),
  { minLength: 5, maxLength: 25 },
);

const OUTCOMES = fc.infiniteStream(
  fc.record({
    outcome: fc.constantFrom<RunOutcome>(
      "success",
      "success",
      "success",
      "failed",
      "partial",
      "not-started",
      "refused",
      "cancelled",
    ),
    lastsMs: fc.integer({ min: 1, max: 8 * HOUR }),
  }),
);

test("any weeks: never two runs of one schedule at once, none is lost, and each fault is told once", async () => {
  await fc.assert(
    fc.asyncProperty(EVENTS, OUTCOMES, async (events, outcomes) => {
      const nights = machine(
        [schedule("export", "15 2 * * *"), schedule("verify", "0 */4 * * *")],
        "2026-05-04T00:00:00Z",
      );
      nights.behave(() => outcomes.next().value ?? { outcome: "success", lastsMs: 1 });
      await nights.start();
      for (const event of events) {
        if ("go" in event) await nights.goOn(event.go * HOUR, 20 * MINUTE);
        else if ("jump" in event) nights.jump(event.jump * HOUR);
        else {
          nights.crash();
          nights.jump(event.crash * HOUR);
          await nights.start();
        }
      }
      // Left alone with runs that go well, everything is well within two days.
      nights.behave(() => ({ outcome: "success", lastsMs: MINUTE }));
      await nights.goOn(60 * HOUR, 20 * MINUTE);
      const begunLately = (name: string): number =>
        nights.begun(name).filter((time) => at(time) > nights.now() - 30 * HOUR).length;
      expect(begunLately("export")).toBeGreaterThanOrEqual(1);
      expect(begunLately("verify")).toBeGreaterThanOrEqual(7);
      expect(nights.overlaps).toEqual([]);
      expect(nights.faults.open()).toEqual([]);
      expect(nights.told.at(-1)).toBe("ping");
      for (const name of ["export", "verify"]) {
        const heard = nights.told.filter((one) => one.startsWith(`shop: ${name}`));
        // After each end there is a beginning before the next end.
        for (const [index, one] of heard.entries())
          if (one.endsWith("went well again"))
            expect(heard[index - 1] ?? "none").not.toEndWith("went well again");
        expect(heard.at(-1) ?? "went well again").toEndWith("went well again");
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
