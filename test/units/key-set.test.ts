import { expect, test } from "bun:test";
import { createKeySet } from "../../src/units/key-set.ts";

test("however many texts there are, each is there once it was added, and no other is", () => {
  const set = createKeySet();
  const texts = Array.from({ length: 60_000 }, (_, number) => `text ${number}`);
  for (const text of texts) expect(set.has(text) || !set.add(text)).toBe(false);
  for (const text of texts) expect(set.has(text) && !set.add(text)).toBe(true);
  expect(set.size).toBe(texts.length);
  for (const text of texts) if (set.has(`no ${text}`)) throw new Error(text);
});

test("bytes are the text that they are in UTF-8", () => {
  const set = createKeySet();
  expect(set.add("né")).toBe(true);
  expect(set.add(Buffer.from("né"))).toBe(false);
  expect(set.has(Buffer.from(""))).toBe(false);
  expect([set.add(""), set.has("")]).toEqual([true, true]);
});

test("a million texts take 11 bytes each, and what a table is ahead of them", () => {
  const held = (): number => {
    Bun.gc(true);
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  const set = createKeySet();
  for (let number = 0; number < 1_000_000; number += 1) set.add(`text ${number}`);
  expect(held() - before).toBeLessThan(11e6 + 2 * (8 << 20));
  expect(set.size).toBe(1_000_000);
});
