/**
 * The moving border at which Loki loses lines. A single binary answers in two parts: its store returns lines older than
 * `query_store_max_look_back_period` before now, its ingesters the newer ones. Each uses its own "now", the ingesters' being
 * slightly later, so flushed lines between the two appear in neither part and in no count (pkg/querier/intervals.go,
 * `BuildQueryIntervalsWithLookback`; pkg/ingester/ingester.go, `buildStoreRequest`; measured). An exact query must therefore
 * never cover the border at the moment it runs: that part is read after the border has passed it.
 */
import {
  type Ask,
  type Context,
  formatDuration,
  NS_PER_SECOND,
  PluginError,
  type Range,
  sleep,
  toMs,
  toRfc3339,
} from "contextcore";
import type { Api } from "./api.ts";
import { createServerTime } from "./server-time.ts";
import { LOOK_BACK, lookBackOf, type Settings } from "./settings.ts";

/** An answer is expected within this time, or within twice the time that a recent one took. ns */
const ANSWER = 2n * NS_PER_SECOND;

/** How often the clock is looked at while waiting: the estimate of the server's clock may change. ms */
const LOOK_MS = 250;

/**
 * The border was in the range of a request, or entered it before the answer: nothing was asked, or the answer is not trusted.
 */
export class AtBorder extends PluginError {
  constructor() {
    super("temporary", `loki: lines at the border of ${LOOK_BACK} cannot be read at this moment`);
  }
}

/** A range, and the time from which it can be queried. ns */
interface Later {
  readonly range: Range;
  readonly notBefore: bigint;
}

/** Parts of a range by when they can be queried. */
export interface Parts {
  /** Immediately; the newer part first, since the border moves towards it. */
  readonly now: readonly Range[];
  /** The part at the border. */
  readonly later: Later | undefined;
}

/** Where the border lies, as far as it is known, and ways to query around it. */
export interface Border {
  /** Takes the server's settings, which determine where the border lies. */
  heard(settings: Settings): void;
  /** The same calls, which throw {@link AtBorder} if the border lies in their range. */
  guard(api: Api): Api;
  /** Divides the range by when each part can be queried, as of now. */
  parts(range: Range, signal: AbortSignal): Promise<Parts>;
  /** The results of `ask` for parts that together cover the range; waits for the part at the border and asks for it last. */
  across<Answer>(
    range: Range,
    ask: (part: Range) => Promise<Answer>,
    signal: AbortSignal,
  ): AsyncGenerator<Answer>;
  /**
   * The result of `ask` for a range and, without waiting, again for the part at the border. Together they miss nothing: what
   * the first answer lacks lies before its ingesters' border, and the second's store reaches up to a later one.
   */
  looks<Answer>(
    range: Range,
    ask: (part: Range) => Promise<Answer>,
    signal: AbortSignal,
  ): AsyncGenerator<Answer>;
}

/** The border of one server. @param settings requested unless {@link Border.heard} comes first */
export function createBorder(
  api: Api,
  settings: Ask<Settings>,
  { clock, log }: Pick<Context<unknown>, "clock" | "log">,
): Border {
  const time = createServerTime(api, clock);
  let lookBack: bigint | undefined;
  let slowest = 0n;

  const heard = (found: Settings): bigint => {
    lookBack = lookBackOf(found) ?? 0n;
    return lookBack;
  };
  const known = async (signal: AbortSignal): Promise<bigint> => {
    const back = lookBack ?? heard(await settings(signal));
    if (back > 0n) await time.refresh(signal);
    return back;
  };
  /** Where the border may lie between two moments. */
  const zone = (from: bigint, to: bigint, back: bigint): Range => ({
    from: from - back - time.error,
    to: to - back + time.error,
  });
  /** Where it may lie until a request sent now is answered. */
  const ahead = (back: bigint): Range => {
    const now = time.now();
    return zone(now, now + (2n * slowest > ANSWER ? 2n * slowest : ANSWER), back);
  };

  async function outside<Answer>(
    range: Range,
    signal: AbortSignal,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const back = await known(signal);
    if (back === 0n) return ask();
    if (common(range, ahead(back)) !== undefined) throw new AtBorder();
    const began = time.now();
    const answer = await ask();
    const ended = time.now();
    slowest = ended - began > (slowest * 9n) / 10n ? ended - began : (slowest * 9n) / 10n;
    if (common(range, zone(began, ended, back)) !== undefined) throw new AtBorder();
    return answer;
  }

  async function parts(range: Range, signal: AbortSignal): Promise<Parts> {
    const back = await known(signal);
    const at = back === 0n ? undefined : common(range, onSeconds(ahead(back)));
    if (at === undefined) return { now: [range], later: undefined };
    const now = [
      { from: at.to, to: range.to },
      { from: range.from, to: at.from },
    ].filter(({ from, to }) => from < to);
    const later = { range: at, notBefore: time.toEngine(at.to + back + time.error) };
    log.info(
      `lines from ${toRfc3339(at.from)} to ${toRfc3339(at.to)} are asked for in ${formatDuration(later.notBefore - clock())}: until then they lie at the border between what Loki's store and what its ingesters answer, where it loses lines (${LOOK_BACK}, ${formatDuration(back)})`,
    );
    return { now, later };
  }

  async function* across<Answer>(
    range: Range,
    ask: (part: Range) => Promise<Answer>,
    signal: AbortSignal,
  ): AsyncGenerator<Answer> {
    const now: Range[] = [];
    const waiting: Later[] = [];
    const add = async (whole: Range): Promise<void> => {
      const { now: at, later } = await parts(whole, signal);
      now.push(...at.toReversed());
      if (later !== undefined) waiting.push(later);
    };
    await add(range);
    for (;;) {
      const part = now.pop() ?? (await passed(waiting.shift(), signal));
      if (part === undefined) return;
      try {
        yield await ask(part);
      } catch (error) {
        if (!(error instanceof AtBorder)) throw error;
        await add(part);
      }
    }
  }

  async function passed(later: Later | undefined, signal: AbortSignal): Promise<Range | undefined> {
    if (later === undefined) return undefined;
    const { range, notBefore } = later;
    for (let now = clock(); now < notBefore; now = clock())
      await sleep(Math.min(LOOK_MS, toMs(notBefore - now) + 1), signal);
    return range;
  }

  async function* looks<Answer>(
    range: Range,
    ask: (part: Range) => Promise<Answer>,
    signal: AbortSignal,
  ): AsyncGenerator<Answer> {
    const back = await known(signal);
    const began = time.now();
    const answer = await ask(range);
    const at = back === 0n ? undefined : common(range, zone(began, time.now(), back));
    yield answer;
    if (at !== undefined) yield ask(at);
  }

  const guard = (api: Api): Api => ({
    ...api,
    page: (request, signal) => outside(request.range, signal, () => api.page(request, signal)),
    sum: (request, signal) => outside(request.range, signal, () => api.sum(request, signal)),
    labelNames: (range, signal) => outside(range, signal, () => api.labelNames(range, signal)),
    series: (selectors, range, signal) => outside(range, signal, () => api.series(selectors, range, signal)),
  });
  return { heard, guard, parts, across, looks };
}

/** The intersection. */
function common(a: Range, b: Range): Range | undefined {
  const from = a.from > b.from ? a.from : b.from;
  const to = a.to < b.to ? a.to : b.to;
  return from < to ? { from, to } : undefined;
}

/** A count over whole milliseconds reads no lines (count.ts). */
const onSeconds = ({ from, to }: Range): Range => ({
  from: from - (from % NS_PER_SECOND),
  to: to + NS_PER_SECOND - (to % NS_PER_SECOND),
});
