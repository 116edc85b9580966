/** One person's runs: found by whole fields and whole words, and erased so that nothing of them is left, and nothing else is touched. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import * as v from "valibot";
import activity from "../../plugins/activity/index.ts";
import { openDoor, recordRun } from "../../src/activity/door.ts";
import { runInputSchema } from "../../src/activity/format/input.ts";
import { openRunRecords } from "../../src/activity/records/records.ts";
import { createTestContext } from "../../src/conformance/testing.ts";
import type { Found } from "../../src/contract/contract.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { held } from "./held.ts";

setDefaultTimeout(60_000);

const NEVER = new AbortController().signal;
const asked = (content: string) => [{ role: "user", content }];
const long = "many words ".repeat(200);

const RUNS = {
  user: { user: "12", input: asked(`shared ${long}`) },
  longer: { user: "123", input: asked(`shared ${long}`) },
  entity: { entity: { type: "customer", id: "12" } },
  other: { entity: { type: "ticket", id: "12" } },
  said: { input: asked(`Ask customer:12, please. ${long}`) },
  written: { input: asked(`Ask customer:123, or customer 12. ${long}`) },
  called: {
    conversation: "c",
    output: [
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "a", name: "mail", arguments: { to: ["customer:12"] } }],
      },
    ],
  },
  answered: {
    conversation: "c",
    input: [
      { role: "tool", parts: [{ type: "tool_call_response", id: "a", response: 'sent to "customer:12"' }] },
    ],
  },
  failed: { status: "error", error: { class: "e", text: "no mail for customer:12" } },
};

async function filled() {
  const path = join(temporaryDirectory(), "activity.db");
  const door = openDoor({ path });
  const names = new Map(
    Object.entries(RUNS).map(([name, one]) => [recordRun(door, v.parse(runInputSchema, one), "api"), name]),
  );
  await door.close();
  const backend = activity.backend?.(createTestContext(activity, { options: { path } }));
  const find = async (id: string, where: string): Promise<Found[]> =>
    Array.fromAsync(backend?.find?.({ id, where }, NEVER) ?? []);
  const named = (found: readonly Found[]): (string | undefined)[] =>
    found
      .flatMap(({ reference }) => (reference as { runs: string[] }).runs.map((id) => names.get(id)))
      .sort();
  return {
    path,
    names,
    find,
    named,
    erase: (id: string, found: readonly Found[]) => backend?.erase?.({ id, found }, NEVER),
  };
}

test.each([
  ["12", "user={id}", ["user"]],
  ["12", "entity=customer:{id}", ["entity"]],
  ["customer:12", "text={id}", ["answered", "called", "failed", "said"]],
  [
    "12",
    "user={id}, entity=customer:{id}, text=customer:{id}",
    ["answered", "called", "entity", "failed", "said", "user"],
  ],
  ["1", "user={id}, text={id}", []],
  [".*", "user={id}", "without a letter or a digit"],
  ["12", "user={id}, colour={id}", "colour={id}"],
  ["12", "user=ada", "user=ada"],
])("%s by %s", async (id, where, expected) => {
  const { find, named } = await filled();
  const found = find(id, where);
  if (typeof expected === "string") expect(found).rejects.toThrow(expected);
  else expect(named(await found)).toEqual(expected);
});

test("what is erased is in none of the files, what others said is, and the same may be asked again", async () => {
  const { path, names, find, erase } = await filled();
  const found = await find("12", "user={id}, entity=customer:{id}, text=customer:{id}");
  expect(held(path).includes("customer:12, please")).toBe(true);
  for (let times = 0; times < 2; times += 1)
    expect(await erase("12", found)).toEqual({ outcomes: [{ state: "erased", count: 6 }] });
  const files = held(path);
  expect([/customer:12(?!3)/.test(files), files.includes("customer:123")]).toEqual([false, true]);
  using log = openRunRecords(path, "read");
  const left = [...log.each({ from: 0, to: Number.MAX_SAFE_INTEGER, after: -1, isSaid: true })].map(
    ({ record }) => record,
  );
  expect(left.map(({ id }) => names.get(id)).sort()).toEqual(["longer", "other", "written"]);
  const longer = left.find(({ id }) => names.get(id) === "longer");
  expect(longer?.input[0]?.parts).toEqual([{ type: "text", text: `shared ${long}` }]);
});
