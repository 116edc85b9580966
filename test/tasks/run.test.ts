/** What the runner does for every task, seen from whoever starts one. */
import { expect, test } from "bun:test";
import type { NewEvent } from "../../src/audit/format/event.ts";
import { RefusedError } from "../../src/tasks/task/errors.ts";
import { planTask } from "../../src/tasks/task/run.ts";
import { defineTask, type Running, type Task, type TaskContext } from "../../src/tasks/task/task.ts";
import { makeFolder } from "../audit/folder.ts";

const params = {
  name: { type: "value", required: true, about: "which one" },
  token: { type: "value", secret: true, about: "what opens it" },
} as const;

/** A task whose plan holds something open, and what became of that. */
function holding(run: () => NewEvent["outcome"] = () => "success") {
  const seen: string[] = [];
  const task = defineTask({
    kind: "prune",
    about: "a task of this test",
    params,
    destructive: true,
    plan: async ({ name }) => ({
      name,
      [Symbol.asyncDispose]: async () => void seen.push("let go"),
    }),
    targets: ({ name }) => [{ kind: "thing", name, identity: name }],
    async run() {
      seen.push("run");
      const outcome = run();
      if (outcome === "started") throw new Error("no such outcome");
      return { result: 7, ending: { outcome } };
    },
  });
  return { task, seen };
}

function contextOf(folder: ReturnType<typeof makeFolder>): TaskContext {
  const openTrail = () => ({ ...folder.open(), [Symbol.asyncDispose]: async () => undefined });
  return { openTrail, signal: new AbortController().signal } as unknown as TaskContext;
}

test("what a plan holds open is let go of once it was carried out, also when that fails", async () => {
  using folder = makeFolder();
  for (const run of [
    () => "success" as const,
    () => {
      throw new Error("no luck");
    },
  ]) {
    const { task, seen } = holding(run);
    const work = async () => {
      await using planned = await planTask(task, { name: "a", token: "x" }, contextOf(folder));
      return await planned.carryOut();
    };
    await work().catch(() => undefined);
    expect(seen).toEqual(["run", "let go"]);
  }
});

test("what a plan holds open is let go of when it was only shown, and when it was declined", async () => {
  using folder = makeFolder();
  for (const answer of [undefined, { agrees: false, outcome: "refused" } as const]) {
    const { task, seen } = holding();
    {
      await using planned = await planTask(task, { name: "a", token: "x" }, contextOf(folder));
      if (answer !== undefined) await planned.decline(answer);
      expect(seen).toEqual([]);
    }
    expect(seen).toEqual(["let go"]);
  }
  const events = await folder.open().newest({ limit: 9 });
  expect(events.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual(["prune refused"]);
});

test("carrying out gives the result and how it ended", async () => {
  using folder = makeFolder();
  const { task } = holding(() => "partial");
  await using planned = await planTask(task, { name: "a", token: "x" }, contextOf(folder));
  expect(await planned.carryOut()).toEqual({ result: 7, ending: { outcome: "partial" } });
});

test("an agreement is to the parameters and the targets, and nothing of a secret can be guessed from it", async () => {
  using folder = makeFolder();
  const hash = async (name: string, token: string) => {
    await using planned = await planTask(holding().task, { name, token }, contextOf(folder));
    return planned.sha256;
  };
  expect(await hash("a", "x")).toBe(await hash("a", "y"));
  expect(await hash("a", "x")).not.toBe(await hash("b", "x"));
});

const eventsIn = async (folder: ReturnType<typeof makeFolder>): Promise<string[]> =>
  (await folder.open().newest({ limit: 9 })).map(({ operation, outcome }) => `${operation} ${outcome}`);

const common = { about: "a task of this test", destructive: false, targets: () => [] };
const done = <Result>(result: Result) => ({ result, ending: { outcome: "success" } as const });

/** Carries out another task on its way. */
const whole = (part: Task, more: Pick<Task, "recorded"> = {}) =>
  defineTask({
    ...common,
    ...more,
    kind: "destroy",
    params: {},
    plan: async () => undefined,
    run: async (_, running) => done(await running.part(part, {})),
  });

test("the trail does not hear of a task that only looks, and hears of what that has carried out", async () => {
  using folder = makeFolder();
  const context = contextOf(folder);
  const held = holding().task;
  const task = { ...held, plan: () => held.plan({ name: "a", token: undefined }, context) };
  const looks = whole({ ...task, recorded: false }, { recorded: false });
  await (await planTask(looks, {}, context)).carryOut();
  expect(await eventsIn(folder)).toEqual([]);
  await (await planTask(whole(task, { recorded: false }), {}, context)).carryOut();
  expect(await eventsIn(folder)).toEqual(["prune started", "prune success"]);
});

test("a part has its two events within those of the whole, its parameters as declared, and lets go of what it holds", async () => {
  using folder = makeFolder();
  const { task, seen } = holding();
  const given: unknown[] = [];
  const params = {
    deep: { type: "flag", on: true, about: "on" },
    flat: { type: "flag", about: "off" },
    names: { type: "value", repeatable: true, about: "none" },
    size: { type: "value", default: "7", parse: Number, about: "seven" },
    other: { type: "value", about: "nothing" },
  } as const;
  const plan: typeof task.plan = async (values) => {
    given.push(values);
    return await task.plan({ name: "a", token: undefined }, contextOf(folder));
  };
  const part = { ...task, params, plan } as unknown as Task;
  const { result } = await (await planTask(whole(part), {}, contextOf(folder))).carryOut();
  expect(result).toBe(7);
  expect(given).toEqual([{ deep: true, flat: false, names: [], size: 7, other: undefined }]);
  expect(await eventsIn(folder)).toEqual([
    "destroy started",
    "prune started",
    "prune success",
    "destroy success",
  ]);
  expect(seen).toEqual(["run", "let go"]);
});

test("what a part asks is not agreed to with the whole", async () => {
  using folder = makeFolder();
  const asks = defineTask({
    ...common,
    kind: "export",
    params: {},
    plan: async () => undefined,
    run: async (_, { ask }: Running<string>) => done((await ask("really?")).agrees),
  });
  const planned = await planTask(whole(asks as unknown as Task), {}, contextOf(folder));
  expect((await planned.carryOut({ ask: async () => ({ agrees: true }) })).result).toBe(false);
});

test("a refusal of a plan is recorded once", async () => {
  using folder = makeFolder();
  const refusing = defineTask({
    ...common,
    kind: "destroy",
    params: {},
    plan: async (): Promise<undefined> => {
      throw new RefusedError("no", undefined, { reason: "no" });
    },
    run: async () => done(0),
  });
  const context = contextOf(folder);
  await expect(planTask(refusing, {}, context)).rejects.toThrow("no");
  expect(await eventsIn(folder)).toEqual(["destroy refused"]);
});
