/** Which sinks a trail has: a change of them is an event of its own, since it changes who will know. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import type { Json, JsonObject } from "../../plugin/contract.ts";
import type { OpenSink } from "../../plugin/open.ts";
import { canonical } from "../format/canonical.ts";
import type { NewEvent } from "../format/event.ts";
import { redacted } from "../format/redact.ts";
import { writeDurably } from "../journal/durable.ts";

/** Settings by the sink's name, as they may be shown. */
type SinkSet = Readonly<Record<string, JsonObject>>;

const SinkSetSchema = v.record(
  v.string(),
  v.record(
    v.string(),
    v.custom<Json>(() => true),
  ),
);

const pathOf = (file: string): string => join(dirname(file), "sinks.json");

/** That the sinks are not those that the trail knew. */
export interface SinkChange {
  readonly event: NewEvent;
  readonly added: readonly string[];
  /** Remembers the present sinks, so that the change is recorded once. */
  remember(): void;
}

/** The difference between the sinks that the trail at `file` knew and those that are open, with their limits; `undefined`: none. */
export function sinkChange(
  file: string,
  sinks: readonly OpenSink[],
  timeLimitMs: (sink: OpenSink) => number,
): SinkChange | undefined {
  const before = readSinkSet(file);
  const shown = (sink: OpenSink) => redacted({ ...sink.settings, time_limit_ms: timeLimitMs(sink) });
  const after = Object.fromEntries(sinks.map((sink) => [sink.name, shown(sink)]));
  const added = Object.keys(after).filter((name) => !(name in before));
  const removed = Object.keys(before).filter((name) => !(name in after));
  const changed = Object.keys(after).filter(
    (name) => name in before && textOf(before, name) !== textOf(after, name),
  );
  if (added.length + removed.length + changed.length === 0) return undefined;
  return {
    event: {
      operation: "sink_change",
      outcome: "success",
      details: { added, removed, changed, sinks: after },
    },
    added,
    remember: () => writeDurably(pathOf(file), `${JSON.stringify(after, null, 2)}\n`),
  };
}

/** The names of the sinks that the trail at `file` had when it was last written to. */
export const knownSinks = (file: string): readonly string[] => Object.keys(readSinkSet(file));

const textOf = (set: SinkSet, name: string): string => canonical(set[name] ?? {});

/** What cannot be read is not known: the present sinks are then recorded as added. */
function readSinkSet(file: string): SinkSet {
  try {
    return v.parse(SinkSetSchema, JSON.parse(readFileSync(pathOf(file), "utf8")));
  } catch {
    return {};
  }
}
