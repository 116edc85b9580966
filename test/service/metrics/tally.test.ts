/** What the trail adds up to, at each look and over its whole life: pruned, replaced, with its sum lost. */
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { openTrail } from "../../../src/audit/trail.ts";
import { countedTrail } from "../../../src/service/metrics/counted.ts";
import { temporaryDirectory } from "../../support/directory.ts";

function trailIn(directory: string) {
  const file = join(directory, ".contextcore", "audit.jsonl");
  const options = { file, home: join(directory, "home"), project: "shop", onWarning: () => undefined };
  return { file, trail: openTrail(options) };
}

type Details = Readonly<Record<string, string>>;

/** Records one export of two backends, and how it ended. */
async function exported(
  trail: ReturnType<typeof openTrail>,
  outcome: "success" | "partial" | "failed" | "cancelled",
  details: Details = {},
  begun: Details = {},
): Promise<void> {
  const dataAffected = ["loki", "tempo"];
  const started = await trail.append({
    operation: "export",
    outcome: "started",
    dataAffected,
    details: begun,
  });
  await trail.append({ operation: "export", outcome, dataAffected, details, ref: started.id });
}

test("each look adds what is new: outcomes, backends and places", async () => {
  const { file, trail } = trailIn(temporaryDirectory());
  await exported(trail, "success");
  expect(countedTrail(file).operations.export?.outcomes).toEqual({ success: 1 });
  await exported(trail, "partial", { not_complete: "tempo", not_copied: "offsite" });
  const tally = countedTrail(file);
  expect(tally.operations.export).toMatchObject({ outcomes: { success: 1, partial: 1 }, last: "partial" });
  expect(tally.operations.export?.seconds).toBeGreaterThanOrEqual(0);
  expect([tally.backends.loki?.isWhole, tally.backends.tempo?.isWhole]).toEqual([true, false]);
  expect(tally.backends.tempo?.succeeded).toBeGreaterThan(0);
  expect(tally.places).toEqual({ offsite: { attempted: expect.any(Number), isWhole: false } });
  expect(tally.begun).toEqual({});
  await exported(trail, "success", {}, { place: "offsite" });
  expect(countedTrail(file).places.offsite).toMatchObject({ isWhole: true, succeeded: expect.any(Number) });
  await trail.close();
});

test("what a person stopped does not count as how it last went", async () => {
  const { file, trail } = trailIn(temporaryDirectory());
  await exported(trail, "success");
  await exported(trail, "cancelled");
  const tally = countedTrail(file);
  expect(tally.operations.export).toMatchObject({ outcomes: { success: 1, cancelled: 1 }, last: "success" });
  await exported(trail, "failed");
  expect(countedTrail(file).operations.export?.last).toBe("failed");
  await trail.close();
});

test("an attempt that runs is known, and one operation of a name that is nobody's is not told apart", async () => {
  const { file, trail } = trailIn(temporaryDirectory());
  await trail.append({ operation: "export", outcome: "started", dataAffected: ["loki"] });
  await trail.append({ operation: "of_a_stranger", outcome: "success" });
  const tally = countedTrail(file);
  expect(tally.backends.loki).toEqual({ attempted: expect.any(Number) });
  expect(Object.keys(tally.operations)).toEqual(["other"]);
  expect(Object.keys(tally.begun)).toHaveLength(1);
  await trail.close();
});

test("the sum outlives the events: after a prune nothing falls, and what is new is added", async () => {
  const directory = temporaryDirectory();
  const { file, trail } = trailIn(directory);
  await exported(trail, "success");
  await exported(trail, "success");
  expect(countedTrail(file).operations.export?.outcomes).toEqual({ success: 2 });
  await trail.append({ operation: "audit_prune", outcome: "success" });
  await trail.close();
  // What a prune leaves: the newest events.
  const lines = (await Bun.file(file).text()).trimEnd().split("\n");
  await Bun.write(file, `${lines.at(-1)}\n`);
  expect(countedTrail(file).operations).toMatchObject({
    export: { outcomes: { success: 2 } },
    audit_prune: { outcomes: { success: 1 } },
  });
});

test("another trail in its place is counted from its beginning, and so is one whose sum is lost or damaged", async () => {
  const directory = temporaryDirectory();
  const first = trailIn(directory);
  await exported(first.trail, "success");
  await exported(first.trail, "success");
  await first.trail.close();
  expect(countedTrail(first.file).operations.export?.outcomes).toEqual({ success: 2 });
  const kept = join(dirname(first.file), "tally.json");
  for (const spoil of ["{", '{"seq":1}', "", "null"]) {
    await Bun.write(kept, spoil);
    expect(countedTrail(first.file).operations.export?.outcomes).toEqual({ success: 2 });
  }
  rmSync(first.file);
  rmSync(join(directory, "home"), { recursive: true });
  const second = trailIn(directory);
  await exported(second.trail, "failed");
  expect(countedTrail(second.file).operations.export?.outcomes).toEqual({ failed: 1 });
  await second.trail.close();
  // One that is as long as the one before.
  rmSync(second.file);
  rmSync(join(directory, "home"), { recursive: true });
  const third = trailIn(directory);
  await exported(third.trail, "partial");
  await third.trail.close();
  expect(countedTrail(third.file).operations.export?.outcomes).toEqual({ partial: 1 });
});
