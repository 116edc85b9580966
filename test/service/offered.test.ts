/** Which tasks the service offers, and that HTTP reaches only what is configured. */
import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { OFFERED, offeredTask } from "../../src/service/offered.ts";
import type { Param } from "../../src/tasks/task/param.ts";
import { readParams } from "../../src/tasks/task/read-params.ts";

const offered = await Promise.all(Object.values(OFFERED).map((load) => load()));

/** What nobody may start who does not sit at the machine. */
const NEVER = ["plugin_trust", "recover", "destroy", "hold_add", "hold_end"];

/** Whose data is meant is said at the machine, and agreed to there. */
const BY_A_PERSON = ["subject_find", "subject_export", "subject_erase"];

test("each is offered under its own kind", async () => {
  expect(offered.map(({ task }) => task.kind)).toEqual(Object.keys(OFFERED));
  for (const kind of [...NEVER, "constructor", "__proto__", ""])
    expect(await offeredTask(kind)).toBeUndefined();
});

test("trust, keys and what runs commands are not offered; of the others all that need no terminal", async () => {
  const folder = resolve(import.meta.dir, "../../src/tasks");
  const texts = await Promise.all(
    [...new Bun.Glob("*.ts").scanSync(folder)].map((file) => Bun.file(resolve(folder, file)).text()),
  );
  const kinds = texts.flatMap((text) =>
    [...text.matchAll(/kind: "(\w+)",\n\s+about/g)].map(([, kind = ""]) => kind),
  );
  // What an export of the trail gives is its text, which has routes of its own.
  const others = kinds.filter((kind) => ![...NEVER, ...BY_A_PERSON, "audit_export"].includes(kind));
  expect(Object.keys(OFFERED)).toEqual(others.sort());
});

/** What each kind of text would reach. */
const OUTSIDE = [
  "/etc/passwd",
  "../x",
  "./x",
  "~/x",
  "file:///etc",
  "s3://bucket/x",
  "http://10.0.0.1/",
  "-",
];

/** Values that stay text: names that the task itself looks up among what it has, and queries in a server's own language. */
const TEXTS = ["backend", "plugin", "match", "label", "folder", "uid"];

test.each(
  offered.flatMap(({ task }) =>
    Object.entries(task.params).map(([name, param]) => [task.kind, name, param, task] as const),
  ),
)("%s %s takes no path, no URL, no command and no setting", (_, name, param: Param, task) => {
  if (param.type === "flag" && param.local !== true) return;
  if (TEXTS.includes(name)) return expect(param.local).toBeUndefined();
  for (const text of OUTSIDE)
    expect(() => readParams({ ...task, exclusive: [] }, { [name]: text }, { stores: {} })).toThrow();
});

test("what is needed can be given", () => {
  for (const { task } of offered)
    for (const param of Object.values(task.params))
      if (param.type !== "flag" && param.required) expect(param.local).not.toBe(true);
});
