/** Restores lines through the push API, oldest first within each stream, and reports the outcome of every entry. */
import {
  type Ask,
  type Counts,
  given,
  type ObjectComparison,
  PluginError,
  type Range,
  type RestoreAnswer,
  type RestoreBatch,
  type Restorer,
} from "contextcore";
import { LOGS_FILE } from "../export/lines.ts";
import { DELETES_FILE } from "../objects/deletes.ts";
import { compareRule, isRuleFile, restoreRule } from "../objects/rules.ts";
import type { Api } from "../server/api.ts";
import type { Border } from "../server/border.ts";
import { isSelected, type Labels, ownLabels, parseSelector } from "../server/selector.ts";
import type { Settings } from "../server/settings.ts";
import { findMissing } from "./missing.ts";
import { preflight } from "./preflight.ts";
import { isRefusedBy, type PushStream, parseLine, push, refusesStream, toLine } from "./push.ts";

/** What a restore is told besides its lines. */
interface RestorerOptions {
  /** Now, ns since the epoch. */
  readonly clock: () => bigint;
  readonly tenant: string | undefined;
  readonly settings: Ask<Settings>;
}

/** Restores an export: lines of `logs.json` and rule groups. Delete requests are read but not carried out. */
export function createRestorer(
  api: Api,
  border: Border,
  { clock, tenant, settings }: RestorerOptions,
): Restorer {
  // A batch that had to wait comes again; the part already written is not sent again.
  const begun = new WeakMap<RestoreBatch, Progress>();
  const progressOf = (batch: RestoreBatch): Progress => {
    const progress = begun.get(batch) ?? { slices: 0, ...nothing() };
    begun.set(batch, progress);
    return progress;
  };
  return {
    heeds: ["labels", "tenant"],
    // A stream refuses lines much older than its newest one, so blocks are restored in time order.
    order: { [LOGS_FILE]: "time" },
    matcher: (match) => {
      const matchers = parseSelector(match);
      return (line, file) =>
        file === LOGS_FILE && parseLine(line).some(({ labels }) => isSelected(labels, matchers))
          ? line
          : undefined;
    },
    preflight: async (plan, signal) =>
      preflight(api, border, { plan, settings: await settings(signal), now: clock(), tenant }, signal),
    async compare(objects, signal) {
      const compared: (ObjectComparison | undefined)[] = [];
      for (const { file, line } of objects)
        compared.push(isRuleFile(file) ? await compareRule(api, line, signal) : undefined);
      return compared;
    },
    async apply(batch, signal) {
      if (batch.file === LOGS_FILE) return applyLines({ api, border, signal }, progressOf(batch), batch);
      if (isRuleFile(batch.file))
        return restoreRule(api, batch.lines.join("\n"), { ...given({ existing: batch.existing }), signal });
      // Carrying out a delete request would delete data; it is kept only for the reader.
      if (batch.file === DELETES_FILE) return { written: {} };
      throw new PluginError("invalid", `loki: ${batch.file} is not a file that loki exports`);
    },
  };
}

/** The outcome of entries. */
interface Tally {
  written: number;
  existing: number;
  readonly rejected: { line: string; reason: string }[];
}

const nothing = (): Tally => ({ written: 0, existing: 0, rejected: [] });

/** How far a batch got, and the outcome of its finished slices. */
interface Progress extends Tally {
  slices: number;
}

interface Calling {
  readonly api: Api;
  readonly border: Border;
  readonly signal: AbortSignal;
}

interface Writing extends Calling {
  readonly tally: Tally;
}

async function applyLines(
  calling: Calling,
  progress: Progress,
  { lines, range, labels }: RestoreBatch,
): Promise<RestoreAnswer> {
  const streams = lines
    .flatMap(parseLine)
    .map((stream) => prepare(stream, range, labels))
    .filter(({ values }) => values.length > 0);
  for (const slice of slicesOf(streams).slice(progress.slices)) {
    // A slice that had to wait halfway is sent again whole: its outcome counts only once it is through.
    const tally = nothing();
    await pushAll({ ...calling, tally }, slice);
    progress.written += tally.written;
    progress.existing += tally.existing;
    progress.rejected.push(...tally.rejected);
    progress.slices += 1;
  }
  const { written, existing, rejected } = progress;
  return { written: entries(written), existing: entries(existing), rejected };
}

const entries = (count: number): Counts => (count === 0 ? {} : { entries: count });

function prepare({ labels, values }: PushStream, { from, to }: Range, added: Labels): PushStream {
  const within = values.filter(([time]) => BigInt(time) >= from && BigInt(time) < to);
  return { labels: { ...ownLabels(labels), ...added }, values: within };
}

/**
 * Half of how far a stream accepts lines behind its newest one by default (half of `ingester.max_chunk_age`). A partly stored
 * push can be resent only while its oldest entry is no further behind its newest than that. Seconds.
 */
const SLICE = 1_800;

/** The streams divided by time, oldest first. */
function slicesOf(streams: readonly PushStream[]): PushStream[][] {
  const slices = new Map<number, PushStream[]>();
  for (const { labels, values } of streams) {
    for (const [slot, part] of Map.groupBy(values, ([time]) =>
      Math.floor(Number(time.slice(0, -9)) / SLICE),
    )) {
      const slice = slices.get(slot) ?? [];
      slices.set(slot, slice);
      slice.push({ labels, values: part });
    }
  }
  return [...slices].sort(([a], [b]) => a - b).map(([, slice]) => slice);
}

/**
 * A refused call may be partly stored, and names at most ten entries. So it is divided until each part is accepted or refused
 * as a whole; parts already stored are sent again, and Loki keeps exact duplicates only once.
 */
async function pushAll(writing: Writing, streams: readonly PushStream[]): Promise<void> {
  const [only] = streams;
  if (only === undefined) return;
  const reason = await push(writing.api, streams, writing.signal);
  if (reason === undefined) {
    for (const { values } of streams) writing.tally.written += values.length;
  } else if (streams.length > 1) {
    const middle = streams.length >> 1;
    await pushAll(writing, streams.slice(0, middle));
    await pushAll(writing, streams.slice(middle));
  } else await settle(writing, only, reason);
}

/** One partly refused stream: the entries named by the refusal are set aside, the others sent again. */
async function settle(writing: Writing, stream: PushStream, reason: string): Promise<void> {
  const isBad = isRefusedBy(reason);
  const all = stream.values;
  const bad = refusesStream(reason) ? all : all.filter((value) => isBad?.(value) ?? false);
  if (all.length === 1 || bad.length === all.length) return reject(writing, stream, reason);
  if (bad.length > 0) {
    const refused = new Set(bad);
    await reject(writing, { ...stream, values: bad }, reason);
    await pushAll(writing, [{ ...stream, values: all.filter((value) => !refused.has(value)) }]);
    return;
  }
  const middle = all.length >> 1;
  await pushAll(writing, [{ ...stream, values: all.slice(0, middle) }]);
  await pushAll(writing, [{ ...stream, values: all.slice(middle) }]);
}

/** Refused entries may exist all the same: from an earlier restore, or because they were never lost. */
async function reject(
  { api, border, tally, signal }: Writing,
  stream: PushStream,
  reason: string,
): Promise<void> {
  const missing = refusesStream(reason) ? stream.values : await findMissing(api, border, stream, signal);
  tally.existing += stream.values.length - missing.length;
  for (const value of missing) tally.rejected.push({ line: toLine({ ...stream, values: [value] }), reason });
}
