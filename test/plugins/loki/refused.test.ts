/** What a Loki refuses of a restore is named entry by entry; what has to wait is not written twice. */
import { expect, test } from "bun:test";
import { applyLines, lineOf, restore } from "./restoring.ts";
import {
  DAY,
  entriesFrom,
  HOUR,
  harvest,
  heldBy,
  MINUTE,
  NOW,
  never,
  put,
  SECOND,
  stage,
} from "./support.ts";

test("beside newer data: the lines that their streams refuse are reported, each with the server's reason", async () => {
  await using here = stage();
  await using busy = stage();
  const entries = entriesFrom(NOW - 10n * HOUR, 600, MINUTE);
  put(here.face, { app: "web" }, entries);
  put(busy.face, { app: "web" }, [{ time: NOW - 30n * MINUTE, line: "newest" }]);
  const applied = await restore(busy.backend, await harvest(here.backend));
  const oldest = NOW - 90n * MINUTE;
  const late = entries.filter(({ time }) => time < oldest);
  expect(applied.rejected.length).toBe(late.length);
  expect(applied.written).toBe(entries.length - late.length);
  const [refused] = applied.rejected;
  expect(refused?.reason).toContain("entry too far behind");
  expect(JSON.parse(refused?.line ?? "")).toEqual({
    streams: [
      {
        stream: { app: "web", service_name: "web" },
        values: [[String(late[0]?.time), "line 0", { detected_level: "unknown" }]],
      },
    ],
  });
  expect(heldBy(busy.face).length).toBe(entries.length - late.length + 1);
});

test("one bad line among good ones: only it is refused", async () => {
  await using here = stage({ limits: { max_line_size: "1MB" } });
  await using empty = stage({ limits: { max_line_size: "1KB" } });
  for (const app of ["a", "b", "c"]) put(here.face, { app }, entriesFrom(NOW - HOUR, 50, SECOND));
  put(here.face, { app: "b" }, [{ time: NOW - HOUR + 5n, line: "y".repeat(2_000) }]);
  put(
    here.face,
    { ...Object.fromEntries(Array.from({ length: 14 }, (_, index) => [`l${index}`, "v"])) },
    entriesFrom(NOW - HOUR, 3, SECOND),
  );
  empty.face.limits.max_label_names_per_series = 10;
  const applied = await restore(empty.backend, await harvest(here.backend));
  expect(applied.written).toBe(150);
  expect(applied.rejected.map(({ reason }) => reason.slice(0, 24)).sort()).toEqual([
    ...Array.from({ length: 3 }, () => "entry for stream '{l0=\"v"),
    "max entry size '1024' by",
  ]);
});

test("lines that are too old by the server's setting are refused as a whole, those beside them are not", async () => {
  await using here = stage();
  await using strict = stage({ limits: { reject_old_samples: true, reject_old_samples_max_age: "5h" } });
  put(here.face, { app: "web" }, entriesFrom(NOW - 10n * HOUR, 600, MINUTE));
  const applied = await restore(strict.backend, await harvest(here.backend));
  expect([applied.written, applied.rejected.length]).toEqual([300, 300]);
  expect(strict.asked.filter((path) => path.includes("push")).length).toBeLessThan(30);
});

test("429 is left to whoever waits, and sending the batch again writes nothing twice", async () => {
  await using here = stage();
  await using empty = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 50, SECOND));
  const found = await harvest(here.backend);
  empty.faults.add({
    kind: "status",
    status: 429,
    path: "push",
    times: 1,
    retryAfter: 2,
    body: "ingestion rate limit exceeded",
  });
  await expect(restore(empty.backend, found)).rejects.toMatchObject({
    kind: "temporary",
    retryAfterMs: 2_000,
  });
  await restore(empty.backend, found);
  await restore(empty.backend, found);
  expect(heldBy(empty.face)).toEqual(heldBy(here.face));
});

test("a batch that had to wait in the middle goes on where it stopped", async () => {
  await using empty = stage();
  const lines = [lineOf({ app: "a" }, entriesFrom(NOW - 10n * HOUR, 100, 5n * MINUTE))];
  const batch = { file: "logs.json", lines, range: DAY, labels: {} };
  empty.faults.add({ kind: "status", status: 429, path: "push", after: 5, times: 1 });
  const { restore: restorer } = empty.backend;
  await expect(restorer?.apply(batch, never)).rejects.toMatchObject({ kind: "temporary" });
  expect(await restorer?.apply(batch, never)).toEqual({
    written: { entries: 100 },
    existing: {},
    rejected: [],
  });
});

test("a wait in the middle of a slice that is cut counts no entry twice", async () => {
  await using empty = stage({ limits: { max_line_size: "1KB" } });
  const time = NOW - HOUR;
  const streams = ["a", "b", "c", "d"].map((app) =>
    lineOf({ app }, [{ time, line: app === "a" ? "y".repeat(2_000) : "x" }]),
  );
  const batch = { file: "logs.json", lines: streams, range: DAY, labels: {} };
  // All four are refused, then the first two, then a alone; b is taken, and c with d has to wait.
  empty.faults.add({ kind: "status", status: 429, path: "push", after: 4, times: 1 });
  const { restore: restorer } = empty.backend;
  await expect(restorer?.apply(batch, never)).rejects.toMatchObject({ kind: "temporary" });
  const answer = await restorer?.apply(batch, never);
  expect(answer?.written).toEqual({ entries: 3 });
  expect(answer?.rejected?.length).toBe(1);
});

test("too many streams is no passing trouble: the setting is named", async () => {
  await using here = stage();
  await using small = stage({ limits: { max_global_streams_per_user: 2 } });
  for (const app of ["a", "b", "c", "d"]) put(here.face, { app }, entriesFrom(NOW - HOUR, 2, SECOND));
  await expect(restore(small.backend, await harvest(here.backend))).rejects.toMatchObject({
    kind: "refused",
    hint: expect.stringContaining("max_global_streams_per_user"),
  });
});

test("on a server that gives few entries at once, what was refused is looked for page by page", async () => {
  await using empty = stage();
  const lines = [lineOf({ app: "a" }, entriesFrom(NOW - 10n * HOUR, 100, 5n * MINUTE))];
  await applyLines(empty.backend, lines);
  empty.face.limits.max_entries_limit_per_query = 7;
  expect((await applyLines(empty.backend, lines))?.rejected).toEqual([]);
});
