/** What the tests of the loki plugin share: the lab's Loki over HTTP, the plugin opened on it, and entries to compare. */
import * as v from "valibot";
import loki from "../../../plugins/loki/index.ts";
import { createFaults } from "../../../src/conformance/faults.ts";
import { type Harvest, walk } from "../../../src/conformance/walk.ts";
import type { Backend, ExportRequest, Sink } from "../../../src/contract/contract.ts";
import { createHttpClient } from "../../../src/http/client.ts";
import { type Entry, pairsOf } from "../../lab/loki/entry.ts";
import { createLoki, type LokiFace, type LokiOptions } from "../../lab/loki/index.ts";
import { asOpened } from "../../support/as-opened.ts";

export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
/** The lab's clock: a whole hour, so that windows are easy to reckon. */
export const NOW = 1_800_000_000n * SECOND;
/** What most tests export: a day. */
export const DAY = { from: NOW - 24n * HOUR, to: NOW };
/** Younger than the border that a server is taken to have which hides its configuration: nothing of it has to wait. */
export const YOUNG = { from: NOW - 2n * HOUR, to: NOW };

export const never = new AbortController().signal;

export interface StageOptions extends Partial<LokiOptions> {
  /** The plugin's options. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly stepBytes?: number;
}

/** Starts a lab Loki and opens the plugin on it; all is gone when the scope ends. */
export function stage({ options = {}, stepBytes = 8 << 20, ...lab }: StageOptions = {}) {
  const now = lab.now ?? (() => NOW);
  const face = createLoki({ ...lab, now, limits: { reject_old_samples: false, ...lab.limits } });
  const asked: string[] = [];
  const faults = createFaults();
  const handle = faults.around((request) => face.handle(request));
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const body = /form/.test(request.headers.get("content-type") ?? "") ? await request.clone().text() : "";
      asked.push(`${new URL(request.url).pathname} ${new URLSearchParams(body).get("query") ?? ""}`.trim());
      return handle(request);
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    face,
    faults,
    url,
    asked,
    backend: openLoki({ url, ...options }, { stepBytes, now }),
    async [Symbol.asyncDispose]() {
      await server.stop(true);
    },
  };
}

export interface Opening {
  readonly stepBytes?: number;
  readonly now?: () => bigint;
}

/** Nothing is left to settle unless a test asks for it. */
function context(
  given: Readonly<Record<string, unknown>>,
  { stepBytes = 8 << 20, now = () => NOW }: Opening,
) {
  const options = v.parse(loki.options, { settle: "0s", ...given });
  const http = createHttpClient({ name: "loki", ...options });
  return { options, http, log: { debug() {}, info() {}, warn() {} }, clock: now, limits: { stepBytes } };
}

/** The plugin's backend with these options, as the host opens it. */
export function openLoki(given: Readonly<Record<string, unknown>>, opening: Opening = {}): Backend {
  const backend = loki.backend?.(context(given, opening));
  if (backend === undefined) throw new Error("the loki plugin has no backend");
  return asOpened(backend, loki, given);
}

export function openSink(given: Readonly<Record<string, unknown>>, opening: Opening = {}): Sink {
  const sink = loki.sink?.(context(given, opening));
  if (sink === undefined) throw new Error("the loki plugin has no sink");
  return sink;
}

/** Runs an export to its end. `pick` chooses which of the waiting cursors is next. */
export const harvest = (
  backend: Backend,
  request: ExportRequest = { range: DAY },
  pick: (waiting: number) => number = () => 0,
): Promise<Harvest> =>
  walk({ plugin: "loki", request, backend: () => backend, pick, throughJson: true, stepsMax: 50_000 });

/** What the work fails with; `undefined` when it does not. */
export const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error) => error,
  );

// ------------------------------------------------------------------------------------------- entries

/** `{"app":"web"} 1800000000000000000 "line" {"k":"v"}`: names and metadata sorted, so that equal entries have equal texts. */
export type Known = string;

const sorted = (pairs: Iterable<readonly [string, string]>): string =>
  JSON.stringify([...pairs].sort(([a], [b]) => (a < b ? -1 : 1)));

const known = (labels: Iterable<readonly [string, string]>, { time, line, metadata }: Entry): Known =>
  `${sorted(labels)} ${time} ${JSON.stringify(JSON.parse(line))} ${sorted(pairsOf(metadata))}`;

/** What the lab holds, sorted; the server's own label is left out. */
export function heldBy(face: LokiFace, range = DAY, tenant?: string): Known[] {
  const found: Known[] = [];
  for (const { labels, entries } of face.store(tenant).streams) {
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries.entry(index);
      if (entry.time < range.from || entry.time >= range.to) continue;
      found.push(
        known(
          labels.filter(([name]) => name !== "__stream_shard__"),
          entry,
        ),
      );
    }
  }
  return found.sort();
}

const line = v.object({
  streams: v.tuple([
    v.object({
      stream: v.custom<Record<string, string>>((input) => typeof input === "object"),
      values: v.array(
        v.union([
          v.strictTuple([v.string(), v.string()]),
          v.strictTuple([
            v.string(),
            v.string(),
            v.custom<Record<string, string>>((input) => typeof input === "object"),
          ]),
        ]),
      ),
    }),
  ]),
});

/** The lines of `logs.json`, parsed: one stream each. */
export const streamsOf = (found: Pick<Harvest, "lines">) =>
  (found.lines.get("logs.json") ?? []).map((text) => v.parse(line, JSON.parse(text)).streams[0]);

/** What an export brought, sorted, and in the form of {@link heldBy}. */
export function broughtBy(found: Pick<Harvest, "lines">): Known[] {
  const all = streamsOf(found).flatMap(({ stream, values }) =>
    values.map(([time, text, metadata = {}]) =>
      known(Object.entries(stream), {
        time: BigInt(time),
        line: JSON.stringify(text),
        metadata: JSON.stringify(metadata),
      }),
    ),
  );
  return all.sort();
}

export interface Given {
  readonly time: bigint;
  readonly line: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Pushes entries of one stream; what the lab refuses is an error of the test. */
export function put(
  face: LokiFace,
  labels: Readonly<Record<string, string>>,
  entries: readonly Given[],
): void {
  const pushed = entries.map(({ metadata = {}, ...rest }) => ({
    ...rest,
    metadata: Object.entries(metadata),
  }));
  const { status, text } = face.push([{ labels: Object.entries(labels), entries: pushed }]);
  if (status !== 204) throw new Error(`the lab refused the test's data: ${status} ${text}`);
}

/** `count` entries, `step` ns apart. */
export const entriesFrom = (time: bigint, count: number, step: bigint, name = "line"): Given[] =>
  Array.from({ length: count }, (_, index) => ({
    time: time + BigInt(index) * step,
    line: `${name} ${index}`,
  }));
