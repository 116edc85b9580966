/** Structured metadata whose names Loki shows otherwise in queries: saved as it was sent, or said to be less than that. */
import { expect, test } from "bun:test";
import { applyLines, lineOf, restore } from "./restoring.ts";
import {
  broughtBy,
  DAY,
  type Given,
  HOUR,
  harvest,
  heldBy,
  NOW,
  never,
  put,
  SECOND,
  stage,
} from "./support.ts";

const LABELS = { app: "web", level: "info", constructor: "x", a_extracted: "label" };

/** Each is a name that a query shows otherwise in a stream of these labels, or one that only looks so. */
const NAMES = [
  "app",
  "level",
  "constructor",
  "app_extracted_extracted",
  "a_extracted",
  "b_extracted",
  "_extracted",
];

const entries = (names: readonly string[], each = 4): Given[] =>
  names.flatMap((name, at) =>
    Array.from({ length: each }, (_, index) => ({
      time: NOW - HOUR + BigInt(at * each + index) * SECOND,
      line: `${name} "x_extracted" ${index}`,
      metadata: { [name]: `<${index}> é`, z: "1", "0": "2" },
    })),
  );

test.each([3, 5_000])(
  "metadata with the name of a label is saved under its own name, pages of %d",
  async (pageSize) => {
    await using here = stage({ options: { pageSize } });
    put(here.face, LABELS, entries(NAMES));
    put(here.face, { other: "y" }, entries(["app_extracted", "level"]));
    const found = await harvest(here.backend);
    expect(broughtBy(found)).toEqual(heldBy(here.face));
    expect(new Set(found.problems.map(({ kind }) => kind))).toEqual(new Set(["normalised"]));
    expect(found.problems[0]?.reason).toContain("NAME_extracted");
    await using empty = stage();
    expect((await restore(empty.backend, found)).written).toBe(found.counts.entries ?? 0);
    expect(heldBy(empty.face)).toEqual(heldBy(here.face));
  },
);

test("metadata that is called as an error is saved, and its lines are counted", async () => {
  await using here = stage();
  const names = ["__error__", "__error_details__"];
  put(here.face, { app: "web" }, entries([...names, "plain"]));
  put(here.face, { app: "whole" }, entries(["plain"]));
  put(here.face, { app: "both" }, [
    {
      time: NOW - HOUR,
      line: "x",
      metadata: { __error__: "JSONParserErr", __error_details__: "why", app: "z" },
    },
  ]);
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(await here.backend.count?.({ range: DAY }, never)).toEqual(found.counts);
  expect((await here.backend.size(never)).bytes).toBeGreaterThan(0);
});

test("a line that only the suffix and what was parsed tell from others stays whole", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, [
    { time: NOW - HOUR, line: "none" },
    { time: NOW - HOUR, line: "x_extracted", metadata: { x: "app_extracted" } },
  ]);
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(found.problems).toEqual([]);
});

test("where metadata hides a label of its stream, that is said", async () => {
  await using here = stage();
  put(here.face, { app: "web", app_extracted: "label" }, entries(["app", "z"]));
  const { problems, counts } = await harvest(here.backend);
  expect(counts).toEqual({ entries: 8 });
  expect(problems).toContainEqual({
    kind: "lossy",
    reason: expect.stringContaining("saved in a stream without that label"),
    items: ["app_extracted"],
    range: expect.anything(),
  });
});

test("more entries in one nanosecond than one answer holds are told apart by such metadata", async () => {
  await using here = stage({ limits: { max_entries_limit_per_query: 4 } });
  const burst = Array.from({ length: 20 }, (_, index) => ({
    time: NOW - HOUR,
    line: "same",
    metadata: { app: `pod-${index}` },
  }));
  put(here.face, { app: "web" }, burst);
  const found = await harvest(here.backend);
  expect(broughtBy(found)).toEqual(heldBy(here.face));
  expect(found.problems.filter(({ kind }) => kind === "incomplete")).toEqual([]);
});

test("what is there already is known by the names that it was sent by", async () => {
  await using here = stage();
  put(here.face, LABELS, entries(NAMES));
  put(here.face, LABELS, [{ time: NOW - SECOND, line: "newest" }]);
  // Too far behind the newest line: each is looked for before it is called refused.
  here.face.limits.max_chunk_age = "1m";
  const answer = await applyLines(here.backend, [lineOf(LABELS, entries(NAMES))]);
  expect(answer).toMatchObject({ existing: { entries: NAMES.length * 4 }, rejected: [] });
});
