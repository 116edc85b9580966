/** Which sinks a trail has. A change is recorded as an event of its own, because it changes who sees later events. */
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import type { Json, JsonObject } from "../../contract/contract.ts";
import type { OpenSink } from "../../host/open.ts";
import { redacted } from "../../redact/json.ts";
import { readOwnText } from "../../storage/own-file.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import type { NewEvent } from "../format/event.ts";
import { SMALL_BYTES_MAX } from "../format/limits.ts";
import { PRIVATE, writeDurably } from "../journal/durable.ts";

/** What is remembered of one sink. */
interface KnownSink {
  /** Its settings as they may be shown. */
  readonly shown: JsonObject;
  /** Fingerprints of all its options; absent in what an earlier version wrote. */
  readonly options?: Readonly<Record<string, string>> | undefined;
}

interface SinkSet {
  /** The key that the fingerprints are made with. Neither leaves this file. */
  readonly key: string;
  readonly sinks: Readonly<Record<string, KnownSink>>;
}

const Shown = objectOf(v.custom<Json>(() => true));
const SinkSetSchema = v.object({
  key: v.string(),
  sinks: objectOf(v.object({ shown: Shown, options: objectOf(v.string()) })),
});
/** As an earlier version wrote it: what may be shown, by the sink's name. */
const ShownSetSchema = objectOf(Shown);

const pathOf = (file: string): string => join(dirname(file), "sinks.json");

/** The configured sinks differ from those that the trail knew. */
export interface SinkChange {
  readonly event: NewEvent;
  readonly added: readonly string[];
  /** Remembers the present sinks, so that the change is recorded once. */
  remember(): void;
}

/**
 * The difference between the sinks that the trail at `file` knew and those that are open, with their limits; `undefined`
 * when there is none. In that case, what an earlier version left out of the file is added silently.
 */
export function sinkChange(
  file: string,
  sinks: readonly OpenSink[],
  timeLimitMs: (sink: OpenSink) => number,
): SinkChange | undefined {
  const { key, sinks: before } = readSinkSet(file);
  const after = Object.fromEntries(sinks.map((sink) => [sink.name, known(sink, key, timeLimitMs(sink))]));
  const added = Object.keys(after).filter((name) => !Object.hasOwn(before, name));
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const options = changedOptions(before, after);
  const changed = Object.keys(options);
  const remember = (): void =>
    writeDurably(pathOf(file), `${JSON.stringify({ key, sinks: after }, null, 2)}\n`, PRIVATE);
  if (added.length + removed.length + changed.length === 0) {
    if (Object.values(before).some((sink) => sink.options === undefined)) remember();
    return undefined;
  }
  const shown = Object.fromEntries(Object.entries(after).map(([name, sink]) => [name, sink.shown]));
  const details = { added, removed, changed, changed_options: options, sinks: shown };
  return { event: { operation: "sink_change", outcome: "success", details }, added, remember };
}

/** The names of the sinks that the trail at `file` had when it was last written to. */
export const knownSinks = (file: string): readonly string[] => Object.keys(readSinkSet(file).sinks);

const known = (sink: OpenSink, key: string, time_limit_ms: number) => ({
  shown: redacted({ ...sink.settings, time_limit_ms }),
  options: sink.fingerprints?.(key) ?? {},
});

/** The names of the options that changed, by sink; sinks without a change are left out. */
function changedOptions(before: SinkSet["sinks"], after: SinkSet["sinks"]): Record<string, string[]> {
  const changes = Object.entries(after).flatMap(([name, now]) => {
    const was = before[name];
    if (was === undefined) return [];
    const fingerprints = was.options === undefined ? [] : differing(was.options, now.options ?? {});
    const names = [...new Set([...differing(was.shown, now.shown), ...fingerprints])].sort();
    return names.length === 0 ? [] : [[name, names] as const];
  });
  return Object.fromEntries(changes);
}

function differing(before: JsonObject, after: JsonObject): readonly string[] {
  const text = (value: Json | undefined): string => (value === undefined ? "" : canonicalJson({ value }));
  return Object.keys({ ...before, ...after }).filter((name) => text(before[name]) !== text(after[name]));
}

/** If the file cannot be read, no sinks are known, and the present ones are recorded as added. */
function readSinkSet(file: string): SinkSet {
  const key = randomBytes(32).toString("hex");
  try {
    const written: unknown = JSON.parse(readOwnText(pathOf(file), SMALL_BYTES_MAX));
    if (v.is(SinkSetSchema, written)) return written;
    const shown = Object.entries(v.parse(ShownSetSchema, written));
    return { key, sinks: Object.fromEntries(shown.map(([name, settings]) => [name, { shown: settings }])) };
  } catch {
    return { key, sinks: {} };
  }
}
