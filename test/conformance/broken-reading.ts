/** What is wrong with what a plugin says of its data, and how it reads that. */
import { lineRecords } from "../../src/contract/contextcore.ts";
import type { Backend, CountRequest, Cursor } from "../../src/contract/contract.ts";
import { readPage } from "../host/pages.ts";

import { type Broken, shared, step } from "./broken.ts";

export const BROKEN_READING: readonly Broken[] = [
  [
    "inventory",
    "times the wrong way round",
    () => ({ inventory: async () => ({ signals: ["logs"], importance: "low", oldest: 5n, newest: 1n }) }),
    "oldest data is newer",
  ],
  [
    "inventory",
    "no signal",
    () => ({ inventory: async () => ({ signals: [], importance: "low" }) }),
    "names no signal",
  ],
  [
    "inventory",
    "a time in ms",
    () => ({ inventory: async () => ({ signals: ["logs"], importance: "low", oldest: 5 }) }),
    "`oldest`",
  ],
  [
    "size",
    "an estimate from nowhere",
    () => ({ size: async () => ({ bytes: 1, source: "estimate" }) }),
    "`how`",
  ],
  ["limits", "no list", () => ({ limits: async () => ({}) }), "limits gave a wrong answer"],
  [
    "export-ends",
    "a next without end",
    step(async (read, cursor) => ({
      ...(await read({ from: 0 })),
      next: [{ from: Number(cursor.from) + 1 }],
    })),
    "has no end",
  ],
  [
    "export-ends",
    "wrong numbers of lines",
    step(async (read, cursor) => {
      const records = lineRecords(await read(cursor));
      return { records: records.map((one) => ({ ...one, lines: one.lines + 1 })) };
    }),
    "claim 6 lines but have 5",
  ],
  [
    "export-ends",
    "a file outside of its folder",
    step(async (read, cursor) => {
      const { records = [] } = await read(cursor);
      return { records: records.map((one) => ({ ...one, file: "../lines.jsonl" })) };
    }),
    "not in the folder",
  ],
  [
    "export-ends",
    "an error of its own, and says where",
    step(async () => {
      throw new Error("oops");
    }),
    'step {"from":0,"since":"0","until":"1001000","match":""} threw an unclassified Error: oops',
  ],
  ["export-ends", "nothing at all", step(async () => ({})), "brought nothing"],
  [
    "records-are-json",
    "plain text",
    step(async (read, cursor) => {
      const { next, ...page } = await read(cursor);
      return {
        next,
        records: lineRecords(page).map((one) => ({ ...one, text: "plain\n".repeat(one.lines) })),
      };
    }),
    "not JSON: plain",
  ],
  [
    "records-in-format",
    "lines of logs.json that are no logs",
    step(async (read, cursor) => {
      const { records = [], next } = await read(cursor);
      return { next, records: records.map((one) => ({ ...one, file: "logs.json" })) };
    }),
    "invalid line 1 of the records of logs.json: not an object",
  ],
  [
    "records-in-format",
    "a trace that comes with two pages",
    step(async (read, cursor) => {
      const { next } = await read(cursor);
      const spans = [{ traceId: "4bf92f35", startTimeUnixNano: "5" }];
      const text = `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })}\n`;
      const counts = { traces: 1, spans: 1 };
      return { next, records: [{ file: "traces.json", text, lines: 1, from: 0n, to: 10n, counts }] };
    }),
    "invalid line 1 of the records of traces.json: 4bf92f35 is there twice",
  ],
  [
    "start-repeatable",
    "a random cursor",
    (backend) => ({
      export: { ...backend.export, start: async () => ({ cursors: [{ from: 0, id: crypto.randomUUID() }] }) },
    }),
    "other cursors the second time",
  ],
  [
    "steps-repeatable",
    "a step that remembers",
    step(async (read, cursor) => {
      shared.calls += 1;
      const whole = await read(cursor);
      return shared.calls % 2 === 0 ? { next: whole.next } : whole;
    }),
    "when every step is run twice",
  ],
  [
    "order-free",
    "a step that counts on the one before",
    step(async (read, cursor) => {
      if (cursor.from === 0) return { next: [5, 0.1].map((from) => ({ from })) };
      if (cursor.from === 0.1) {
        shared.calls = -1;
        return {};
      }
      return shared.calls === -1 ? {} : read({ from: 5 });
    }),
    "cursor first",
  ],
  [
    "resume-anywhere",
    "state in the plugin",
    (backend, { http }) => {
      let position = 0;
      return {
        export: {
          ...backend.export,
          async step(_: Cursor, signal: AbortSignal) {
            const page = await readPage(http, { from: position }, signal);
            position += 5;
            return { ...page, next: page.next?.length ? [{ n: position }] : [] };
          },
        },
      };
    },
    "has no end",
  ],
  [
    "split-is-whole",
    "a half that is forgotten",
    (backend) => ({
      export: {
        ...backend.export,
        split: async ({ from, size }: Cursor) =>
          size === undefined
            ? {
                cursors: [
                  { from: 0, size: 1, last: true },
                  { from: Number(from) + 1, size: 4, last: true },
                ],
              }
            : {},
      },
    }),
    "when every cursor is split",
  ],
  [
    "count-split-is-whole",
    "a part that is counted twice",
    () => ({
      splitCount: async ({ range, part }: CountRequest) =>
        part === undefined ? { requests: [0, 1].map((half) => ({ range, part: { half } })) } : {},
    }),
    "when the count is split",
  ],
  [
    "counts-agree",
    "a server that counts more",
    (backend) => ({
      count: async (...args: Parameters<NonNullable<Backend["count"]>>) => ({
        lines: ((await backend.count?.(...args))?.lines ?? 0) + 1,
      }),
    }),
    "lines: 23, and 24",
  ],
  ["counts-agree", "another unit", () => ({ count: async () => ({ spans: 5 }) }), "no unit"],
];
