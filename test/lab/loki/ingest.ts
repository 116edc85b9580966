import { toRfc3339 } from "../../../src/units/range.ts";
import type { PushedEntry, PushedStream } from "./decode.ts";
import { toEntry } from "./entry.ts";
import { type Labels, labelString, toLabels } from "./labels.ts";
import { withLevel } from "./level.ts";
import { type LokiLimits, ns, sizeOf } from "./limits.ts";
import type { Store } from "./store.ts";

/** What a push came to. Part of it may be stored though the status says 400. */
export interface PushAnswer {
  readonly status: number;
  readonly text: string;
}

export interface IngestContext {
  readonly limits: LokiLimits;
  readonly now: bigint;
  readonly tenant: string;
  readonly store: Store;
  /** The label that the server itself adds to a busy stream, or nothing. */
  readonly shard: () => string;
  /** Runs now, or when freshly written data becomes visible. */
  readonly later: (store: () => void) => void;
  /** Runs when the ingesters are flushed. */
  readonly onFlush: (store: () => void) => void;
}

/** The newest time of each stream, counting entries that are not visible yet. */
const newest = new WeakMap<Store, Map<string, bigint>>();

export function ingest(pushed: readonly PushedStream[], context: IngestContext): PushAnswer {
  if (pushed.length === 0)
    return { status: 422, text: "error at least one valid stream is required for ingestion" };
  const bad = pushed.map(({ labels }) => badName(labels)).find((one) => one !== undefined);
  if (bad !== undefined) return { status: 400, text: bad };
  const refused: string[] = [];
  const accepted = pushed
    .filter(({ entries }) => entries.length > 0)
    .flatMap((one) => validate(one, context, refused));
  const overRate = rateError(accepted, context);
  if (overRate !== undefined) return { status: 429, text: overRate };
  const answers = accepted.map((one) => append(one, context));
  if (refused.length > 0) return { status: 400, text: grouped(refused) };
  return answers.find(({ status }) => status !== 204) ?? { status: 204, text: "" };
}

interface Accepted {
  readonly labels: Labels;
  readonly entries: readonly PushedEntry[];
}

function badName(pairs: PushedStream["labels"]): string | undefined {
  let column = 2;
  for (const [name, value] of [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const at = /^\d/.test(name) ? 0 : name.search(/\W/);
    if (at >= 0) {
      return `couldn't parse labels: 1:${column + at}: parse error: unexpected character inside braces: '${name[at]}'`;
    }
    column += labelString([[name, value]]).length;
  }
  return undefined;
}

/** The distributor's checks: entries that pass go on though others are refused. */
function validate(
  { labels: sent, entries }: PushedStream,
  context: IngestContext,
  refused: string[],
): Accepted[] {
  const { limits } = context;
  const labels = withServiceName(toLabels(sent), limits);
  const name = labelString(labels);
  const names = labels.filter(([one]) => one !== "service_name").length;
  if (names > limits.max_label_names_per_series) {
    refused.push(
      `entry for stream '${name}' has ${names} label names; limit ${limits.max_label_names_per_series}`,
    );
    return [];
  }
  const kept = entries.filter((entry) => {
    const reason = entryError(entry, name, context);
    if (reason !== undefined) refused.push(reason);
    return reason === undefined;
  });
  return kept.length === 0
    ? []
    : [{ labels, entries: kept.map((entry) => discovered(entry, labels, limits)) }];
}

function withServiceName(labels: Labels, { discover_service_name }: LokiLimits): Labels {
  if (discover_service_name.length === 0 || labels.some(([name]) => name === "service_name")) return labels;
  const source = discover_service_name.find((name) => labels.some(([one]) => one === name));
  const value = labels.find(([name]) => name === source)?.[1] ?? "unknown_service";
  return toLabels([...labels, ["service_name", value]]);
}

function discovered(entry: PushedEntry, labels: Labels, limits: LokiLimits): PushedEntry {
  const metadata = entry.metadata.map(([name, value]) => [name.replace(/[^\w:]/g, "_"), value] as const);
  return { ...entry, metadata: withLevel(limits, labels, metadata, entry.line) };
}

function entryError(
  { time, line, metadata }: PushedEntry,
  name: string,
  context: IngestContext,
): string | undefined {
  const { limits, now } = context;
  const oldest = now - ns(limits.reject_old_samples_max_age);
  if (limits.reject_old_samples && time < oldest) {
    return `entry for stream '${name}' has timestamp too old: ${seconds(time)}, oldest acceptable timestamp is: ${seconds(oldest)}`;
  }
  if (time > now + ns(limits.creation_grace_period)) {
    return `entry for stream '${name}' has timestamp too new: ${seconds(time)}`;
  }
  const most = sizeOf(limits.max_line_size);
  const bytes = Buffer.byteLength(line);
  if (most > 0 && bytes > most) {
    return `max entry size '${most}' bytes exceeded for stream '${name}' while adding an entry with length '${bytes}' bytes`;
  }
  if (metadata.length > 0 && !limits.allow_structured_metadata) {
    return `stream '${name}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it`;
  }
  const count = limits.max_structured_metadata_entries_count;
  if (metadata.length > count) {
    return `stream '${name}' has too many structured metadata labels: '${metadata.length}', limit: '${count}'. Please see \`limits_config.max_structured_metadata_entries_count\` or contact your Loki administrator to increase it`;
  }
  return undefined;
}

function rateError(accepted: readonly Accepted[], { limits, tenant }: IngestContext): string | undefined {
  const all = accepted.flatMap(({ entries }) => entries);
  const bytes = all.reduce((sum, { line }) => sum + line.length, 0);
  const most = limits.ingestion_rate_mb * 1024 * 1024;
  if (bytes <= most) return undefined;
  return (
    `ingestion rate limit exceeded for user ${tenant} (limit: ${most} bytes/sec) while attempting to ingest '${all.length}' lines ` +
    `totaling '${bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased`
  );
}

/** The ingester's part: the out-of-order window of a stream, then storing. */
function append({ labels, entries }: Accepted, context: IngestContext): PushAnswer {
  const { store, limits, tenant } = context;
  const shard = context.shard();
  const home = shard === "" ? labels : toLabels([...labels, ["__stream_shard__", shard]]);
  const known = newest.get(store) ?? new Map<string, bigint>();
  newest.set(store, known);
  const key = labelString(home);
  if (!known.has(key) && known.size >= limits.max_global_streams_per_user) {
    return {
      status: 429,
      text: `maximum active stream limit exceeded when trying to create stream ${key}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: '${tenant}'`,
    };
  }
  let highest = known.get(key);
  const behind: string[] = [];
  const good = entries.filter(({ time }) => {
    const oldest = (highest ?? time) - ns(limits.max_chunk_age) / 2n;
    if (time < oldest) behind.push(tooFarBehind(time, oldest));
    else if (highest === undefined || time > highest) highest = time;
    return time >= oldest;
  });
  if (highest !== undefined) known.set(key, highest);
  const within = ns(limits.query_ingesters_within);
  const isShown = ({ time }: PushedEntry): boolean => within === 0n || time >= context.now - within;
  const storing = (some: readonly PushedEntry[]) => () => {
    const stored = store.stored(home);
    for (const { time, line, metadata } of some) stored.insert(toEntry(time, line, toLabels(metadata)));
  };
  context.later(storing(good.filter(isShown)));
  const hidden = good.filter((entry) => !isShown(entry));
  if (hidden.length > 0) context.onFlush(storing(hidden));
  if (behind.length === 0) return { status: 204, text: "" };
  const total = `user '${tenant}', total ignored: ${behind.length} out of ${entries.length} for stream: ${key}`;
  return { status: 400, text: [...behind.slice(0, 10), total].join("\n") };
}

const tooFarBehind = (time: bigint, oldest: bigint): string =>
  `entry with timestamp ${goTime(time)} ignored, reason: 'entry too far behind, entry timestamp is: ${seconds(time)}, oldest acceptable timestamp is: ${seconds(oldest)}',`;

/** As util.GroupedErrors joins them. */
function grouped(messages: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const message of messages) counts.set(message, (counts.get(message) ?? 0) + 1);
  if (messages.length === 1) return messages[0] ?? "";
  return [...counts].map(([message, count]) => `${count} errors like: ${message}`).join("; ");
}

/** RFC 3339 without the fraction. */
const seconds = (time: bigint): string => `${toRfc3339(time).slice(0, 19)}Z`;

/** As Go prints a time: `2026-11-20 13:50:00.5 +0000 UTC`. */
const goTime = (time: bigint): string => toRfc3339(time).replace("T", " ").replace("Z", " +0000 UTC");
