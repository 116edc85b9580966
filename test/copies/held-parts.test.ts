/** What an export into an encrypted place still knows of what it has sent: exactly that, or nothing. */
import { expect, test } from "bun:test";
import { createHeldParts } from "../../src/copies/straight/held-parts.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import { random } from "../lab/random.ts";

const lines = { range: { from: 0n, to: 1n } } as Block;
const part = (path: string, bytes: Uint8Array, block = lines) => ({ path, bytes, blocks: [block] });

test("within its size the newest is held as it was, and what is not held is not given", async () => {
  const next = random(7);
  const held = createHeldParts(10_000);
  const sent = new Map<string, Uint8Array>();
  let found = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const path = `logs.${Math.floor(next() * 60)}.json`;
    const bytes = crypto.getRandomValues(new Uint8Array(1 + Math.floor(next() * 900)));
    held.add(part(path, bytes));
    sent.set(path, bytes);
    expect(held.has(path)).toBe(true);
    for (const [name, content] of sent) {
      const given = await held.get(name);
      expect(held.has(name)).toBe(given !== undefined);
      if (given === undefined) continue;
      found += 1;
      expect(Buffer.compare(given, content)).toBe(0);
    }
  }
  expect(found).toBeGreaterThan(2_000 * 8);
  held.close();
});

test("what is larger than all of it, and what is no lines, is not held", async () => {
  const held = createHeldParts(1_000);
  held.add(part("a", new Uint8Array(1_001)));
  held.add(part("b", new Uint8Array(10), { kind: "bytes" } as Block));
  expect([held.has("a"), held.has("b"), await held.get("a")]).toEqual([false, false, undefined]);
  held.close();
});
