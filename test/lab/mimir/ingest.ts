import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import type { Flavour, MimirKnobs } from "./knobs.ts";
import { isStale, type Point } from "./series.ts";
import type { Store } from "./store.ts";

export interface Written {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

/** A refusal: what the server says of the first sample that it does not take. */
export interface Refusal {
  readonly status: 400 | 429;
  readonly text: string;
}

export interface IngestRules {
  readonly flavour: Flavour;
  readonly knobs: MimirKnobs;
  /** ms */
  readonly now: number;
  readonly tenant: string;
}

const HOUR = 3_600_000;

/**
 * Takes samples as the real servers do. Mimir and Cortex keep what they can of a request and name the first sample that
 * they refuse; a Prometheus keeps nothing of a request with one bad sample.
 */
export function ingest(store: Store, written: readonly Written[], rules: IngestRules): Refusal | undefined {
  const head = headOf(store);
  const bound = head === undefined ? undefined : head - Math.max(HOUR, rules.knobs.outOfOrderTimeWindow);
  const samples = written.reduce((sum, { points }) => sum + points.length, 0);
  if (rules.knobs.ingestionRate > 0 && samples > rules.knobs.ingestionRate) return overRate(rules, samples);
  const accepted: { labels: Labels; point: Point }[] = [];
  let refusal: string | undefined;
  for (const { labels, points } of written) {
    let newest = store.find(labels)?.last ?? Number.NEGATIVE_INFINITY;
    for (const point of points) {
      if (point.histogram !== undefined && !rules.knobs.nativeHistograms) continue;
      const verdict = judge(store, { labels, point, newest, bound, rules });
      if (verdict === "take") {
        accepted.push({ labels, point });
        newest = Math.max(newest, point.time);
      } else if (verdict !== "known") refusal ??= wording(rules, verdict, labels, point);
    }
  }
  if (refusal !== undefined && rules.flavour === "prometheus") return { status: 400, text: refusal };
  for (const { labels, point } of accepted) store.series(labels).add(point);
  return refusal === undefined ? undefined : { status: 400, text: refusal };
}

/** The newest sample of all, ms. */
function headOf(store: Store): number | undefined {
  const newest = store.all().reduce((most, { last }) => Math.max(most, last), Number.NEGATIVE_INFINITY);
  return newest === Number.NEGATIVE_INFINITY ? undefined : newest;
}

type Verdict = "take" | "known" | "too-old" | "out-of-order" | "duplicate" | "future";

interface Judged {
  readonly labels: Labels;
  readonly point: Point;
  readonly newest: number;
  readonly bound: number | undefined;
  readonly rules: IngestRules;
}

function judge(store: Store, { labels, point, newest, bound, rules }: Judged): Verdict {
  const { knobs, now } = rules;
  if (point.time > now + knobs.creationGracePeriod) return "future";
  if (knobs.pastGracePeriod > 0 && point.time < now - knobs.pastGracePeriod) return "too-old";
  const series = store.find(labels);
  const there = series?.points(point.time, point.time)[0];
  if (there !== undefined && (point.time === newest || knobs.outOfOrderTimeWindow > 0)) {
    return Bun.deepEquals(there, point) ? "known" : "duplicate";
  }
  if (bound !== undefined && point.time < bound) return "too-old";
  if (point.time <= newest && knobs.outOfOrderTimeWindow === 0) return "out-of-order";
  return "take";
}

const PROMETHEUS_WORDS: Readonly<Record<Exclude<Verdict, "take" | "known">, string>> = {
  "too-old": "out of bounds",
  "out-of-order": "out of order sample",
  duplicate: "duplicate sample for timestamp",
  future: "out of bounds: timestamp is too far in the future",
};

/** Mimir's words are those of its `pkg/ingester/errors.go` and `pkg/distributor/validate.go`. */
const MIMIR_WORDS: Readonly<Record<Exclude<Verdict, "take" | "known">, string>> = {
  "too-old":
    "the sample has been rejected because its timestamp is too old (err-mimir-sample-timestamp-too-old)",
  "out-of-order":
    "the sample has been rejected because another sample with a more recent timestamp has already been ingested and out-of-order samples are not allowed (err-mimir-sample-out-of-order)",
  duplicate:
    "the sample has been rejected because another sample with the same timestamp, but a different value, has already been ingested (err-mimir-sample-duplicate-timestamp)",
  future: "received a sample whose timestamp is too far in the future (err-mimir-too-far-in-future)",
};

function wording(
  rules: IngestRules,
  verdict: Exclude<Verdict, "take" | "known">,
  labels: Labels,
  point: Point,
): string {
  if (rules.flavour === "prometheus") return PROMETHEUS_WORDS[verdict];
  const series = labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ");
  const time = new Date(point.time).toISOString();
  return `failed pushing to ingester: user=${rules.tenant}: ${MIMIR_WORDS[verdict]}. The affected sample has timestamp ${time} and is from series {${series}}`;
}

function overRate({ knobs }: IngestRules, samples: number): Refusal {
  const text = `the request has been rejected because the tenant exceeded the ingestion rate limit, set to ${knobs.ingestionRate} items/s with a maximum allowed burst of ${knobs.ingestionRate}. This limit is applied on the total number of samples, exemplars and metadata received across all distributors (err-mimir-tenant-max-ingestion-rate). samples: ${samples}`;
  return { status: 429, text };
}

export const countSamples = (points: readonly Point[]): number =>
  points.filter((point) => !isStale(point)).length;
