/** Run it with: BUN_BE_BUN=1 contextcore test (or, where Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Context, lineRecords, type Step } from "contextcore";
import plugin from "./index.ts";

const signal = new AbortController().signal;
const range = { from: 0n, to: 4_000_000_000_000_000_000n };

/** A backend over these files, with steps of about a hundred bytes. */
async function over(files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), "lines-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const context = { options: { directory, importance: "low" }, limits: { stepBytes: 100 } };
  const backend = plugin.backend?.(context as unknown as Context<never>);
  if (backend === undefined) throw new Error("it has no backend");
  return { backend, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

const line = (second: number): string =>
  JSON.stringify({ time: `2026-01-24T14:30:0${second}Z`, text: `line ${second}` });

test("every line is exported, over more than one step", async () => {
  await using lines = await over({ "a.jsonl": `${line(1)}\n${line(2)}\n${line(3)}\n`, "b.jsonl": line(4) });
  const waiting = [...(await lines.backend.export.start({ range }, signal)).cursors];
  const steps: Step[] = [];
  for (let cursor = waiting.pop(); cursor !== undefined; cursor = waiting.pop()) {
    const step = await lines.backend.export.step(cursor, signal);
    steps.push(step);
    waiting.push(...(step.next ?? []));
  }
  const text = steps.flatMap((step) => lineRecords(step).map((one) => String(one.text))).join("");
  expect(text.trim().split("\n").sort()).toEqual([line(1), line(2), line(3), line(4)]);
  expect(steps.length).toBeGreaterThan(2);
});

test("a line that tells no time is a problem, not a quiet gap", async () => {
  await using lines = await over({ "a.jsonl": `${line(1)}\nnot JSON\n` });
  const [cursor = {}] = (await lines.backend.export.start({ range }, signal)).cursors;
  const step = await lines.backend.export.step(cursor, signal);
  expect(lineRecords(step).map(({ lines }) => lines)).toEqual([1]);
  expect(step.problems).toMatchObject([{ kind: "incomplete" }]);
});

test("the inventory knows the oldest and the newest line", async () => {
  await using lines = await over({ "a.jsonl": `${line(1)}\n${line(3)}\n`, "b.jsonl": `${line(2)}\n` });
  const { oldest = 0n, newest = 0n } = await lines.backend.inventory(signal);
  expect(newest - oldest).toBe(2_000_000_000n);
});
