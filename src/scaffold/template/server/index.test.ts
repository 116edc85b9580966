/** Run it with: BUN_BE_BUN=1 contextcore test (or, where Bun is installed: bun test) */
import { expect, test } from "bun:test";
import { type Context, type HttpRequest, lineRecords, type Step, v } from "contextcore";
import plugin from "./index.ts";
import { serve } from "./lab.ts";

const signal = new AbortController().signal;
const range = { from: 0n, to: 4_000_000_000_000_000_000n };
const event = (id: number) => ({ id, time: `2026-01-24T14:30:0${id}.000Z`, text: `event ${id}` });

/** A backend whose server is the lab with these events, without a network between them. */
function over(events: readonly ReturnType<typeof event>[]) {
  const server = serve(events);
  const http = {
    async json(schema: v.GenericSchema, { path, query }: HttpRequest) {
      const words = new URLSearchParams();
      for (const [name, value] of Object.entries(query ?? {})) words.set(name, String(value));
      const answer = await server.fetch(new Request(`http://lab${path}?${words}`));
      return v.parse(schema, await answer.json());
    },
  };
  const context = { options: { importance: "low", pageSize: 2 }, http };
  const backend = plugin.backend?.(context as unknown as Context<never>);
  if (backend === undefined) throw new Error("it has no backend");
  return backend;
}

test("every event is exported, page by page, and counted", async () => {
  const backend = over([event(1), event(2), event(3)]);
  const waiting = [...(await backend.export.start({ range }, signal)).cursors];
  const steps: Step[] = [];
  for (let cursor = waiting.pop(); cursor !== undefined; cursor = waiting.pop()) {
    const step = await backend.export.step(cursor, signal);
    steps.push(step);
    waiting.push(...(step.next ?? []));
  }
  const text = steps.flatMap((step) => lineRecords(step).map((one) => String(one.text))).join("");
  expect(
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([event(1), event(2), event(3)]);
  expect(steps).toHaveLength(2);
  expect(await backend.count?.({ range }, signal)).toEqual({ events: 3 });
});

test("the inventory knows the oldest and the newest event", async () => {
  const { oldest = 0n, newest = 0n } = await over([event(1), event(3)]).inventory(signal);
  expect(newest - oldest).toBe(2_000_000_000n);
});
