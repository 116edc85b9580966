/** Parameters from JSON: everything that a task declares can be given, and nothing that only the command line may say. */
import { expect, test } from "bun:test";
import { auditPrune } from "../../src/tasks/audit-prune.ts";
import { copy } from "../../src/tasks/copy.ts";
import { exportStack } from "../../src/tasks/export.ts";
import { prune } from "../../src/tasks/prune.ts";
import { restore } from "../../src/tasks/restore.ts";
import { readParams, shownParams } from "../../src/tasks/task/read-params.ts";
import { defineTask, type Task } from "../../src/tasks/task/task.ts";
import { verify } from "../../src/tasks/verify.ts";

const CONFIG = { stores: { offsite: { enabled: true, plugin: "directory", options: {} } } };

test("values are read by their declarations, with defaults for the rest", () => {
  const read = readParams(exportStack, { time: "24h", plugin: ["loki", "tempo"], traces: false }, CONFIG);
  expect(read).toMatchObject({ time: 86_400_000_000_000n, plugin: ["loki", "tempo"], traces: false });
  expect(read).toMatchObject({ logs: true, all: false, match: [] });
  expect(readParams(prune, { "keep-daily": 7, place: "offsite" }, CONFIG)).toMatchObject({
    "keep-daily": 7,
    place: "offsite",
  });
  expect(readParams(restore, undefined, CONFIG)).toMatchObject({ existing: "keep", resume: false });
  expect(readParams(copy, { snapshot: "latest", to: "offsite" }, CONFIG)).toMatchObject({
    snapshot: ["latest"],
  });
});

test.each<[string, Parameters<typeof readParams>[0], unknown, string]>([
  ["what is no object", exportStack, ["time"], "are an object"],
  ["an unknown name", exportStack, { tiem: "1h" }, 'no parameter "tiem"'],
  ["a name of every object", exportStack, { constructor: "1h" }, 'no parameter "constructor"'],
  ["a flag that is a text", exportStack, { all: "yes" }, "all is true or false"],
  ["a text that is a list", exportStack, { time: ["1h"] }, "time is a text"],
  ["an empty text", exportStack, { time: "" }, "time is a text"],
  ["a value that does not parse", exportStack, { time: "soon" }, "time:"],
  ["one of others", restore, { snapshot: "latest", existing: "replac" }, "existing is one of"],
  ["what contradicts", exportStack, { all: true, time: "1h" }, "contradict each other"],
  ["what is missing", copy, { snapshot: "latest" }, "to is missing"],
  [
    "a list that is empty where something is needed",
    copy,
    { snapshot: [], to: "offsite" },
    "snapshot is missing",
  ],
  ["much text", exportStack, { plugin: "x".repeat(5_000) }, "longer than"],
  ["many values", exportStack, { plugin: Array(2_000).fill("x") }, "more than 1000"],
])("%s is refused", (_, task, given, message) => {
  expect(() => readParams(task, given, CONFIG)).toThrow(message);
});

test("each call has its own now, and it is the same for all its times", () => {
  const given = { from: "2h", to: "now" };
  const [first, later] = [1_800_000_000_000, 1_800_000_060_000].map((now) =>
    readParams(exportStack, given, { ...CONFIG, now }),
  );
  expect([first?.from, first?.to]).toEqual([1_799_992_800_000_000_000n, 1_800_000_000_000_000_000n]);
  expect([later?.from, later?.to]).toEqual([1_799_992_860_000_000_000n, 1_800_000_060_000_000_000n]);
});

test("that a flag stays as it is contradicts nothing", () => {
  expect(readParams(exportStack, { all: false, traces: true, time: "1h" }, CONFIG)).toMatchObject({
    all: false,
  });
});

test.each([
  "/etc",
  "../../etc",
  "backups/20260124-143000",
  "./20260124",
  "20260124-143000/..",
  "s3://bucket/prefix/20260124-143000",
  "file:///etc",
  "offsite:../x",
  "elsewhere:20260124",
  "other",
  "LATEST\u0000",
])("a snapshot is named by what is kept, not by %j", (snapshot) => {
  expect(() => readParams(verify, { snapshot }, CONFIG)).toThrow("snapshot is a snapshot's name");
});

test.each([
  "latest",
  "2026",
  "20260124",
  "20260124-143000-2",
  "offsite:latest",
  "offsite:20260124",
  "offsite",
])("a snapshot may be called %s", (snapshot) => {
  expect(readParams(verify, { snapshot }, CONFIG)).toMatchObject({ snapshot });
});

test.each(["/mnt", "s3://bucket", "file:///mnt", "offsit", "constructor"])(
  "a place is one of the configuration, not %s",
  (to) => {
    expect(() => readParams(copy, { snapshot: "latest", to }, CONFIG)).toThrow(
      "to is a place of the configuration",
    );
  },
);

test("what only the command line may say is refused, whatever it is", () => {
  const tasks: readonly Task[] = [auditPrune, copy, exportStack, prune, restore, verify];
  for (const task of tasks)
    for (const [name, param] of Object.entries(task.params))
      if (param.local === true)
        expect(() => readParams(task, { [name]: "x" }, CONFIG)).toThrow("on the command line only");
});

test("a secret is read, and not among what may be shown", () => {
  const task = defineTask({
    kind: "knock",
    about: "knock at a door",
    params: {
      word: { type: "value", secret: true, about: "the word" },
      door: { type: "value", about: "the door" },
    },
    destructive: false,
    plan: async () => undefined,
    targets: () => [],
    run: async () => ({ result: undefined, ending: { outcome: "success" } }),
  });
  const given = { word: "sesame", door: "front" };
  expect(readParams(task, given, CONFIG)).toEqual(given);
  expect(shownParams(task, given)).toEqual({ door: "front" });
});
