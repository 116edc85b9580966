/** How much an export holds, and what that costs it, in a process that held much before. */
import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { scratch } from "./run.ts";

/** Of what the process had before the export nothing counts. Bytes. */
const BUDGET = 150e6;

async function exportHolding(bytes: number) {
  using dir = scratch();
  const child = Bun.spawn([process.execPath, resolve(import.meta.dir, "burdened.ts"), `${bytes}`, dir.path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return JSON.parse(told) as { status: string; beside: number; more: number };
}

test.each([0, 300e6])(
  "holding %d bytes, it runs steps side by side, within its budget",
  async (held) => {
    const { status, beside, more } = await exportHolding(held);
    expect(status).toBe("complete");
    expect(beside).toBeGreaterThan(10);
    expect(more).toBeLessThan(BUDGET);
  },
  60_000,
);
