/** What the runner does for every task, seen from whoever starts one. */
import { expect, test } from "bun:test";
import type { NewEvent } from "../../src/audit/format/event.ts";
import { planTask } from "../../src/tasks/run.ts";
import { defineTask, type Setting } from "../../src/tasks/task.ts";
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

function settingOf(folder: ReturnType<typeof makeFolder>): Setting {
  const openTrail = () => ({ ...folder.open(), [Symbol.asyncDispose]: async () => undefined });
  return { openTrail, signal: new AbortController().signal } as unknown as Setting;
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
      await using planned = await planTask(task, { name: "a", token: "x" }, settingOf(folder));
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
      await using planned = await planTask(task, { name: "a", token: "x" }, settingOf(folder));
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
  await using planned = await planTask(task, { name: "a", token: "x" }, settingOf(folder));
  expect(await planned.carryOut()).toEqual({ result: 7, ending: { outcome: "partial" } });
});

test("an agreement is to the parameters and the targets, and nothing of a secret can be guessed from it", async () => {
  using folder = makeFolder();
  const hash = async (name: string, token: string) => {
    await using planned = await planTask(holding().task, { name, token }, settingOf(folder));
    return planned.sha256;
  };
  expect(await hash("a", "x")).toBe(await hash("a", "y"));
  expect(await hash("a", "x")).not.toBe(await hash("b", "x"));
});
