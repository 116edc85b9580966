/** One person's annotations are found by their texts and tags, and deleted: each only if it still says the same. */
import { expect, test } from "bun:test";
import type { Found } from "contextcore";
import { sender } from "../../lab/grafana/seed.ts";
import { NEVER, NOW, open, type RunningGrafana, startGrafana } from "./support.ts";

const NOW_MS = Number(NOW / 1_000_000n);

interface Sample {
  readonly text: string;
  readonly tags?: readonly string[];
  readonly ago?: number;
}

async function withAnnotations(samples: readonly Sample[], options = {}) {
  const grafana = await startGrafana(options);
  for (const { text, tags = [], ago = 1_000 } of samples)
    await sender(grafana.face)("POST", "/api/annotations", { text, tags, time: NOW_MS - ago });
  return grafana;
}

async function acting(grafana: RunningGrafana, options = {}) {
  const { backend } = await open(grafana, options);
  return {
    find: (where: string, id = "12"): Promise<Found[]> =>
      Array.fromAsync(backend.find?.({ id, where }, NEVER) ?? []),
    erase: async (found: readonly Found[]) => (await backend.erase?.({ id: "12", found }, NEVER))?.outcomes,
    texts: () => grafana.face.store.annotations.map(({ text }) => text),
  };
}

test("words of a text and whole tags, and nothing else", async () => {
  await using grafana = await withAnnotations([
    { text: "from 12 to 5" },
    { text: "from 123" },
    { text: "12_a" },
    { text: "a", tags: ["user:12"] },
    { text: "b", tags: ["user:123", "12"] },
  ]);
  const { find, erase, texts } = await acting(grafana);
  const found = await find("text={id}, tag=user:{id}");
  expect(found.map(({ unit, count }) => [unit, count])).toEqual([["annotations", 2]]);
  expect(await erase(found)).toEqual([{ state: "erased", count: 2 }]);
  expect(texts()).toEqual(["from 123", "12_a", "b"]);
  expect(await find("text={id}, tag=user:{id}")).toEqual([]);
  expect(await erase(found)).toEqual([{ state: "erased", count: 2 }]);
});

test("more than one answer holds, and all of one moment", async () => {
  const samples = Array.from({ length: 12_001 }, (_, n) => ({ text: n % 3 === 0 ? "12" : "13" }));
  await using grafana = await withAnnotations(samples);
  const { find, erase, texts } = await acting(grafana);
  const found = await find("text={id}");
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(4_001);
  expect((await erase(found))?.every(({ state }) => state === "erased")).toBe(true);
  expect(texts()).toHaveLength(8_000);
});

test("one that says something else by now stays until it is found again", async () => {
  await using grafana = await withAnnotations([{ text: "for 12" }]);
  const { find, erase, texts } = await acting(grafana);
  const found = await find("text={id}");
  Object.assign(grafana.face.store.annotations[0] ?? {}, { text: "for 12, and 5" });
  expect(await erase(found)).toEqual([
    { state: "owed", count: 1, reason: expect.stringContaining("something else") },
  ]);
  expect(texts()).toEqual(["for 12, and 5"]);
});

test("an account that may not delete is told which permission it needs", async () => {
  await using grafana = await withAnnotations([{ text: "for 12" }], {
    accounts: [{ login: "viewer", token: "looks-only", role: "Viewer" }],
  });
  const { find, erase, texts } = await acting(grafana, { token: "looks-only" });
  const [outcome] = (await erase(await find("text={id}"))) ?? [];
  expect([outcome?.state, outcome?.reason]).toEqual([
    "impossible",
    expect.stringContaining("annotations:delete"),
  ]);
  expect(texts()).toEqual(["for 12"]);
});

test.each([
  ["text=12", "12", "is not understood"],
  ["title={id}", "12", "is not understood"],
  ["text={id}", "!!", "matches no word"],
])("%s of %s is refused", async (where, id, message) => {
  await using grafana = await startGrafana();
  const { find } = await acting(grafana);
  expect(find(where, id)).rejects.toThrow(message);
});
