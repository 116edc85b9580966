/** What the tests of the tempo plugin share: the lab's Tempo over HTTP, the plugin opened on it, and traces to compare. */

import * as v from "valibot";
import tempo from "../../../plugins/tempo/index.ts";
import { type Harvest, walk } from "../../../src/conformance/walk.ts";
import {
  type Backend,
  type Cursor,
  type ExportRequest,
  lineRecords,
  type Step,
} from "../../../src/contract/contract.ts";
import { createHttpClient } from "../../../src/http/client.ts";
import type { Face } from "../../lab/face.ts";
import { createTempo, type TempoFace } from "../../lab/tempo/index.ts";
import type { TempoKnobs } from "../../lab/tempo/knobs.ts";
import type { Attributed, Span, Trace } from "../../lab/tempo/model.ts";
import { asOpened } from "../../support/as-opened.ts";

export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
/** The lab's clock: a whole hour, so that windows are easy to reckon. */
export const NOW = 1_800_000_000n * SECOND;

export const never = new AbortController().signal;

export interface Stage {
  readonly face: TempoFace;
  readonly backend: Backend;
  readonly url: string;
  readonly otlpUrl: string;
  /** Paths and queries that were asked for. */
  readonly asked: string[];
  /** A backend that knows nothing of what the first one did. */
  open(options?: Readonly<Record<string, unknown>>): Backend;
}

export interface StageOptions {
  readonly limits?: Partial<TempoKnobs>;
  readonly stepBytes?: number;
  readonly now?: () => bigint;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Starts a lab Tempo and opens the plugin on it; all is gone when the scope ends. */
export function stage({
  limits = {},
  stepBytes = 8 << 20,
  now = () => NOW,
  options = {},
}: StageOptions = {}) {
  const face = createTempo({ now, limits });
  const asked: string[] = [];
  const serve = (one: Face) =>
    Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        asked.push(decodeURIComponent(pathname + search));
        return one.handle(request);
      },
    });
  const servers = [serve(face), serve(face.otlp)];
  const [url = "", otlpUrl = ""] = servers.map((server) => `http://127.0.0.1:${server.port}`);
  const open = (more: Readonly<Record<string, unknown>> = {}): Backend =>
    openTempo({ url, otlpUrl, ...options, ...more }, { stepBytes, now });
  return {
    face,
    url,
    otlpUrl,
    asked,
    open,
    backend: open(),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.stop(true)));
    },
  } satisfies Stage & AsyncDisposable;
}

/** The plugin's backend with these options, as the host opens it. */
export function openTempo(
  given: Readonly<Record<string, unknown>>,
  { stepBytes = 8 << 20, now = () => NOW }: { stepBytes?: number; now?: () => bigint } = {},
): Backend {
  const options = v.parse(tempo.options, given);
  const silent = { debug() {}, info() {}, warn() {} };
  const http = createHttpClient({ name: "tempo", url: String(given.url) });
  const backend = tempo.backend?.({ options, http, log: silent, clock: now, limits: { stepBytes } });
  if (backend === undefined) throw new Error("the tempo plugin has no backend");
  return asOpened(backend, tempo, given);
}

/** Runs an export to its end. `pick` chooses which of the waiting cursors is next. */
export const harvest = (
  backend: Backend,
  request: ExportRequest,
  pick: (waiting: number) => number = () => 0,
): Promise<Harvest> =>
  walk({ plugin: "tempo", request, backend: () => backend, pick, throughJson: true, stepsMax: 50_000 });

/** The lines that these cursors give when each is run as it is, and all that follow. */
export async function linesOf(
  step: (cursor: Cursor) => Promise<Step>,
  cursors: readonly Cursor[],
): Promise<string[]> {
  const lines: string[] = [];
  const waiting = [...cursors];
  for (let cursor = waiting.pop(); cursor !== undefined; cursor = waiting.pop()) {
    const { next = [], ...one } = await step(cursor);
    for (const { text } of lineRecords(one)) lines.push(...Buffer.from(text).toString().trim().split("\n"));
    waiting.push(...next);
  }
  return lines;
}

/** The lines of `traces.json`, parsed. */
export const documents = (found: Harvest): unknown[] =>
  (found.lines.get("traces.json") ?? []).map((line) => JSON.parse(line));

// ------------------------------------------------------------------------------------------- traces

const nothing: Attributed = { attributes: [], droppedAttributes: 0 };

/** A span with what the test does not care about filled in. */
export function span(traceId: string, spanId: string, from: bigint, more: Partial<Span> = {}): Span {
  return {
    ...nothing,
    traceId: traceId.padStart(32, "0"),
    spanId: spanId.padStart(16, "0"),
    parentSpanId: "",
    traceState: "",
    name: "operation",
    kind: 1,
    start: from,
    end: from + 5_000_000n,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    status: { code: 0, message: "" },
    ...more,
  };
}

/** These spans as one trace of a service. */
export const traceOf = (service: string, spans: readonly Span[]): Trace => [
  {
    resource: {
      ...nothing,
      attributes: [{ key: "service.name", value: { kind: "string", value: service } }],
    },
    scopeSpans: [{ scope: { ...nothing, name: "test", version: "" }, spans }],
  },
];

/** Every span of an OTLP/JSON document with its resource and scope, as text: what must be equal, whatever the order. */
export function flattened(document: unknown): string[] {
  const { resourceSpans } = v.parse(documentSchema, document);
  return resourceSpans
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) => spans.map((one) => canonical({ resource, scope, span: one }))),
    )
    .sort();
}

const documentSchema = v.object({
  resourceSpans: v.array(
    v.object({
      resource: v.unknown(),
      scopeSpans: v.array(v.object({ scope: v.unknown(), spans: v.array(v.unknown()) })),
    }),
  ),
});

/** What stands in no certain order. */
const SETS = ["attributes", "events", "links"];

/** JSON with sorted keys, attributes, events and links as sorted lists, and minus zero told apart from zero. */
function canonical(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "";
  const entries = Object.entries(value).map(([key, inner]) =>
    SETS.includes(key) && Array.isArray(inner) ? [key, inner.map(canonical).sort()] : [key, inner],
  );
  return `{${entries
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .sort()
    .join(",")}}`;
}

/** A time of the day of the blocks in the fixtures. ns */
export const at = (time: string): bigint => BigInt(Date.parse(`2026-11-20T${time}Z`)) * 1_000_000n;
