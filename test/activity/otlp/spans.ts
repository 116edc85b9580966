/** Spans as they are sent, and what becomes of them in the log. */
import { join } from "node:path";
import { openActivity } from "../../../src/activity/database/open.ts";
import { openDoor } from "../../../src/activity/door.ts";
import { createSpanReceiver, type SpanCounts } from "../../../src/activity/otlp/receive.ts";
import { wholeRunJson } from "../../../src/activity/query/json.ts";
import { listRuns } from "../../../src/activity/query/list.ts";
import { findRun } from "../../../src/activity/query/show.ts";
import { fromOtlpJson } from "../../../src/otlp/from-json.ts";
import { temporaryDirectory } from "../../support/directory.ts";

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

const anyValue = (value: Plain): object => {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number")
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: attributesOf(value as Record<string, Plain>) } };
};

export const attributesOf = (all: Readonly<Record<string, Plain>>): object[] =>
  Object.entries(all).map(([key, value]) => ({ key, value: anyValue(value) }));

export const TRACE = "5b8efff798038103d269b633813fc60c";
export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

interface SpanParts {
  readonly [member: string]: unknown;
  readonly events?: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, Plain>>;
  }[];
}

let last = 0;

/** A span of two seconds, which began so many ms after the first. */
export function span(
  attributes: Readonly<Record<string, Plain>>,
  parts: SpanParts = {},
  afterMs = 0,
): object {
  const { events = [], ...others } = parts;
  last += 1;
  const at = BigInt(START + afterMs) * 1_000_000n;
  return {
    traceId: TRACE,
    spanId: last.toString(16).padStart(16, "0"),
    name: "a span",
    startTimeUnixNano: String(at),
    endTimeUnixNano: String(at + 2_000_000_000n),
    attributes: attributesOf(attributes),
    events: events.map((event) => ({ ...event, attributes: attributesOf(event.attributes) })),
    ...others,
  };
}

/** What a model answers that asks for a tool. */
export const call = (id: string | undefined, name = "look") =>
  JSON.stringify([
    {
      role: "assistant",
      parts: [{ type: "tool_call", ...(id !== undefined && { id }), name, arguments: { at: 1 } }],
    },
  ]);

/** A call of a model. */
export const chat = (more: Readonly<Record<string, string | number>> = {}, parts = {}, afterMs = 0) =>
  span({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "small", ...more }, parts, afterMs);

/** A request. */
export const request = (
  spans: readonly object[],
  resource: Readonly<Record<string, Plain>> = {},
): object => ({
  resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ spans }] }],
});

/** The runs that are in the log once all requests were taken, oldest first, and what was counted. */
export async function taken(...requests: readonly (object | "until a tool is joined")[]) {
  const path = join(temporaryDirectory(), "activity.db");
  const door = openDoor({ path });
  const receiver = createSpanReceiver(door);
  for (const one of requests) {
    if (one === "until a tool is joined") await until(path, (runs) => runs.some(hasRun));
    else await receiver.take(fromOtlpJson(one));
    while (door.state().waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await door.close();
  const counts: SpanCounts = receiver.counts;
  return { runs: runsIn(path), counts, path };
}

type Runs = ReturnType<typeof runsIn>;

const hasRun = ({ toolCalls }: Runs[number]): boolean =>
  toolCalls.some(({ status }) => status === "answered");

async function until(path: string, holds: (runs: Runs) => boolean): Promise<void> {
  for (let left = 500; left > 0 && !holds(runsIn(path)); left -= 1) await Bun.sleep(20);
}

/** All of them, with what was said. */
export function runsIn(path: string) {
  const database = openActivity(path);
  const rows = listRuns(database, { limit: 1_000 }).reverse();
  const runs = rows.map((run) =>
    wholeRunJson(findRun(database, run.id) ?? { run, input: [], output: [], toolCalls: [] }),
  );
  database.close();
  return runs;
}
