/** When schedules run: the pure core, by a clock of its own. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RunOutcome } from "../../../src/results/schedules.ts";
import {
  AHEAD_MS,
  decide,
  ended,
  LATE_MS,
  nextMs,
  type ScheduleState,
  type Timed,
} from "../../../src/service/schedule/decide.ts";
import { timingOf } from "../../../src/service/schedule/timing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text);
const shown = (ms: number): string => new Date(ms).toISOString();

const timed = (cron: string, zone = "UTC", more: Partial<Timed> = {}): Timed => ({
  name: "nightly",
  timing: timingOf(cron, zone),
  offsetMs: 0,
  catchUp: true,
  retries: 2,
  retryMs: 5 * MINUTE,
  ...more,
});

/** A life of one schedule: a clock that goes as it is told, and runs that take as long and end as they are told. */
function life(schedule: Timed, start: string) {
  let now = at(start);
  let state: ScheduleState | undefined;
  const began: string[] = [];
  const ask = (outcome: RunOutcome = "success"): void => {
    const decision = decide(schedule, state, now);
    state = decision.state;
    if (decision.missed) began.push(`${shown(now)} passed over`);
    if (decision.start === undefined) return;
    began.push(`${shown(now)} ${decision.start}`);
    state = ended(schedule, state, { outcome, endedMs: now });
  };
  return {
    began,
    ask,
    /** The clock goes on minute by minute, and the schedule is asked each time. */
    until(text: string, outcome?: RunOutcome): void {
      for (; now <= at(text); now += MINUTE) ask(outcome);
    },
    /** The clock jumps. */
    to(text: string): void {
      now = at(text);
    },
  };
}

test("a schedule runs at each of its times, and not for those before it was written", () => {
  const one = life(timed("30 2 * * *"), "2026-05-01T03:00:00Z");
  one.until("2026-05-04T03:00:00Z");
  expect(one.began).toEqual([
    "2026-05-02T02:30:00.000Z due",
    "2026-05-03T02:30:00.000Z due",
    "2026-05-04T02:30:00.000Z due",
  ]);
});

test("where an hour is missing it runs at the next one, and once where an hour is there twice", () => {
  const spring = life(timed("30 2 * * *", "Europe/Berlin"), "2026-03-28T12:00:00Z");
  spring.until("2026-03-30T12:00:00Z");
  expect(spring.began).toEqual(["2026-03-29T01:00:00.000Z due", "2026-03-30T00:30:00.000Z due"]);
  const autumn = life(timed("30 2 * * *", "Europe/Berlin"), "2026-10-24T12:00:00Z");
  autumn.until("2026-10-26T12:00:00Z");
  expect(autumn.began).toEqual(["2026-10-25T00:30:00.000Z due", "2026-10-26T01:30:00.000Z due"]);
});

test("each time of a day comes once on the days when clocks change; every hour is every hour that passes", () => {
  const times = (cron: string, zone: string, from: string, to: string): string[] => {
    const { next, last } = timingOf(cron, zone);
    const all: string[] = [];
    for (let ms = next(at(from) - 1); ms !== undefined && ms < at(to); ms = next(ms)) {
      expect(last(ms)).toBe(ms);
      expect(last(ms - 1)).toBe(all.length === 0 ? last(at(from) - 1) : at(all.at(-1) ?? ""));
      all.push(shown(ms));
    }
    return all.map((text) => text.slice(11, 16));
  };
  const spring = ["2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z"] as const;
  const autumn = ["2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z"] as const;
  for (const [cron, inSpring, inAutumn] of [
    ["30 2 * * *", ["01:00"], ["00:30"]],
    ["*/30 2 * * *", ["01:00"], ["00:00", "00:30"]],
    ["0,30 2 * * *", ["01:00"], ["00:00", "00:30"]],
    ["15 1-3 * * *", ["00:15", "01:00", "01:15"], ["23:15", "00:15", "02:15"]],
    ["0 2,3 * * *", ["01:00"], ["00:00", "02:00"]],
    [
      "20 * * * *",
      ["23:20", "00:20", "01:20", "02:20", "03:20"],
      ["22:20", "23:20", "00:20", "01:20", "02:20", "03:20"],
    ],
  ] as const)
    expect([cron, times(cron, "Europe/Berlin", ...spring), times(cron, "Europe/Berlin", ...autumn)]).toEqual([
      cron,
      [...inSpring],
      [...inAutumn],
    ]);
  // There clocks are set by half an hour, and once a whole day was left out.
  expect(
    times("10,45 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-04T12:00:00Z"),
  ).toEqual(["15:30", "15:45"]);
  expect(times("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-02T00:00:00Z")).toEqual([
    "10:00",
  ]);
});

test("what was missed is made up for once, or passed over and told", () => {
  for (const catchUp of [true, false]) {
    const one = life(timed("30 2 * * *", "UTC", { catchUp }), "2026-05-01T03:00:00Z");
    one.ask();
    one.to("2026-05-04T09:00:00Z");
    one.until("2026-05-05T03:00:00Z");
    expect(one.began).toEqual([
      `2026-05-04T09:00:00.000Z ${catchUp ? "missed" : "passed over"}`,
      "2026-05-05T02:30:00.000Z due",
    ]);
  }
});

test("a clock that is set back across a run does not repeat it, and one set forward makes up for it", () => {
  const one = life(timed("30 2 * * *"), "2026-05-01T00:00:00Z");
  one.until("2026-05-01T02:40:00Z");
  one.to("2026-05-01T00:10:00Z");
  one.until("2026-05-01T04:00:00Z");
  one.to("2026-05-02T08:00:00Z");
  one.until("2026-05-02T09:00:00Z");
  expect(one.began).toEqual(["2026-05-01T02:30:00.000Z due", "2026-05-02T08:00:00.000Z missed"]);
});

test("a clock that was years ahead for a while does not silence a schedule", () => {
  const one = life(timed("30 2 * * *"), "2026-05-01T00:00:00Z");
  one.ask();
  one.to("2038-01-01T00:00:00Z");
  one.ask("failed");
  one.to("2026-05-01T00:05:00Z");
  one.until("2026-05-02T03:00:00Z");
  expect(one.began).toEqual([
    "2038-01-01T00:00:00.000Z missed",
    // The retry does not wait for 2038.
    "2026-05-01T00:05:00.000Z retry",
    "2026-05-01T02:30:00.000Z due",
    "2026-05-02T02:30:00.000Z due",
  ]);
});

test("a run that fails is tried again after a while, then after twice as long, then at its next time", () => {
  const one = life(timed("0 2 * * *"), "2026-05-01T01:00:00Z");
  one.until("2026-05-02T02:00:00Z", "failed");
  expect(one.began).toEqual([
    "2026-05-01T02:00:00.000Z due",
    "2026-05-01T02:05:00.000Z retry",
    "2026-05-01T02:15:00.000Z retry",
    "2026-05-02T02:00:00.000Z due",
  ]);
  for (const outcome of ["success", "partial", "cancelled"] as const) {
    const other = life(timed("0 2 * * *"), "2026-05-01T01:00:00Z");
    other.until("2026-05-01T12:00:00Z", outcome);
    expect(other.began).toHaveLength(1);
  }
});

test("it never runs twice at once: what becomes due meanwhile is made up for afterwards", () => {
  const schedule = timed("0 * * * *");
  const begun = decide(
    schedule,
    decide(schedule, undefined, at("2026-05-01T00:30:00Z")).state,
    at("2026-05-01T01:00:00Z"),
  );
  expect(begun.start).toBe("due");
  for (let now = at("2026-05-01T01:01:00Z"); now < at("2026-05-01T05:30:00Z"); now += MINUTE)
    expect(decide(schedule, begun.state, now).start).toBeUndefined();
  const end = ended(schedule, begun.state, { outcome: "success", endedMs: at("2026-05-01T05:30:00Z") });
  expect(decide(schedule, end, at("2026-05-01T05:30:00Z")).start).toBe("missed");
});

test("a schedule that is changed owes nothing of before", () => {
  const [before, after] = [timed("0 2 * * *"), timed("0 3 * * *")];
  const state = decide(before, undefined, at("2026-05-01T00:00:00Z")).state;
  const changed = decide(after, state, at("2026-05-03T12:00:00Z"));
  expect(changed.start).toBeUndefined();
  expect(decide(after, changed.state, at("2026-05-04T03:00:00Z")).start).toBe("due");
});

test("it begins as much later as its jitter says, also for what was missed", () => {
  const one = life(timed("0 2 * * *", "UTC", { offsetMs: 7 * MINUTE }), "2026-05-01T02:03:00Z");
  one.until("2026-05-02T03:00:00Z");
  expect(one.began).toEqual(["2026-05-02T02:07:00.000Z due"]);
});

test("never comes: refused, as is what no cron understands", () => {
  for (const [cron, why] of [
    ["0 0 31 2 *", "never comes"],
    ["61 * * * *", '"61" is no minute (0 to 59)'],
    ["* * *", "not cron's five fields"],
    ["* * * * * *", "not cron's five fields"],
    ["0 0 L * *", '"L" is no day of the month'],
    ["5-1 * * * *", '"5-1" is no minute'],
    ["*/0 * * * *", '"*/0" is no minute'],
    ["0 0 */2 * 1", "list the days"],
    ["", "not cron's five fields"],
  ])
    expect(() => timingOf(cron ?? "", "UTC")).toThrow(why);
  expect(() => timingOf("0 0 * * *", "Mars/Olympus")).toThrow('no time zone "Mars/Olympus"');
});

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];

/** Any life: the clock goes on, stops, or jumps; runs take a while and end somehow. */
const STEPS = fc.array(
  fc.record({
    jumpMs: fc.oneof(
      fc.integer({ min: 1, max: 10 * MINUTE }),
      fc.integer({ min: 1, max: 3 * DAY }),
      fc.integer({ min: -20 * HOUR, max: 0 }),
    ),
    outcome: fc.constantFrom<RunOutcome>(
      "success",
      "failed",
      "partial",
      "interrupted",
      "cancelled",
      "not-started",
    ),
    isLong: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

test("whatever the clock does, each occurrence begins at most one run, none is begun early, and none is lost", () => {
  const crons = fc.constantFrom("30 2 * * *", "0 */6 * * *", "15 1 * * 1-5", "0 0 1,15 * *", "*/20 * * * *");
  fc.assert(
    fc.property(crons, fc.constantFrom(...ZONES), fc.boolean(), STEPS, (cron, zone, catchUp, steps) => {
      const schedule = timed(cron, zone, { catchUp, offsetMs: 90_000 });
      let now = at("2026-03-20T10:00:00Z");
      let state = decide(schedule, undefined, now).state;
      for (const { jumpMs, outcome, isLong } of steps) {
        now += jumpMs;
        const before = state;
        const { state: after, start, missed } = decide(schedule, before, now);
        const due = schedule.timing.last(now - schedule.offsetMs) ?? 0;
        const isOwed = due > before.decidedMs;
        const wasAhead = before.decidedMs > now + AHEAD_MS;
        if (before.beganMs !== undefined) {
          const same = wasAhead ? { ...before, decidedMs: now } : before;
          expect({ start, after }).toEqual({ start: undefined, after: same });
        } else if (isOwed) {
          // What is owed is begun or passed over, never forgotten, and only once.
          expect(start === "due" || start === "missed" || missed === true).toBe(true);
          expect(after.decidedMs).toBe(due);
          expect(start === "due").toBe(now - schedule.offsetMs - due <= LATE_MS);
          expect(missed === true).toBe(!catchUp && start === undefined);
        } else expect(start === undefined || start === "retry").toBe(true);
        if (wasAhead) expect(after.decidedMs).toBe(now);
        else expect(after.decidedMs).toBeGreaterThanOrEqual(before.decidedMs);
        expect(nextMs(schedule, after, now)).toBeGreaterThan(now - schedule.offsetMs);
        const isRunning = after.beganMs !== undefined && isLong;
        state =
          after.beganMs === undefined || isRunning
            ? after
            : ended(schedule, after, { outcome, endedMs: now });
        expect(state.attempt).toBeLessThanOrEqual(schedule.retries + 1);
        if (isRunning && steps.length % 2 === 0) state = ended(schedule, state, { outcome, endedMs: now });
      }
    }),
    { numRuns: 200 },
  );
});
