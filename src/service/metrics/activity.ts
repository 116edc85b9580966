/** What is measured of the log of runs: what has passed the relay, and what could be written. */
import type { ActivityLog } from "../../activity/log.ts";
import type { SpanCounts } from "../../activity/otlp/receive.ts";
import type { Family } from "./exposition.ts";
import { counter, gauge, one } from "./family.ts";

/** What is counted of one upstream of the relay. */
export interface UpstreamFigures {
  readonly upstream: string;
  readonly requests: readonly { readonly kind: string; readonly outcome: string; readonly count: number }[];
  /** Bytes of bodies, to it and from it. */
  readonly sent: number;
  readonly received: number;
  /** Requests that have not ended. */
  readonly open: number;
  /** Runs that could not be written, whole or in part. */
  readonly lost: number;
  /** Labels of requests that were left out. */
  readonly malformed: number;
}

/** What a service counts of it. */
export interface ActivityFigures {
  readonly upstreams: readonly UpstreamFigures[];
  /** Spans that were sent to it, by what became of them. */
  readonly spans: Readonly<SpanCounts>;
  readonly writing: ReturnType<ActivityLog["state"]>;
}

/** Its metrics; without a service they have no samples. */
export function activityFamilies(figures: ActivityFigures | undefined): Family[] {
  const { upstreams = [], spans, writing } = figures ?? {};
  const each = (read: (of: UpstreamFigures) => number) =>
    upstreams.flatMap((of) => one(read(of), { upstream: of.upstream }));
  return [
    counter(
      "contextcore_activity_requests",
      "requests that the relay forwarded, by how they ended; only runs are noted",
      upstreams.flatMap(({ upstream, requests }) =>
        requests.flatMap(({ kind, outcome, count }) => one(count, { upstream, kind, outcome })),
      ),
    ),
    gauge(
      "contextcore_activity_open_requests",
      "requests through the relay that have not ended",
      each(({ open }) => open),
    ),
    counter(
      "contextcore_activity_sent_bytes",
      "bodies of requests that the relay passed on",
      each(({ sent }) => sent),
    ),
    counter(
      "contextcore_activity_received_bytes",
      "bodies of answers that the relay passed on",
      each(({ received }) => received),
    ),
    counter(
      "contextcore_activity_lost_runs",
      "runs of the relay that could not be written, or of which the end could not",
      each(({ lost }) => lost),
    ),
    counter(
      "contextcore_activity_malformed_labels",
      "requests through the relay whose X-Contextcore-Entity is not TYPE:ID; they are noted without it",
      each(({ malformed }) => malformed),
    ),
    counter(
      "contextcore_activity_spans",
      "spans that were sent to it, by what they are: run, tool, left (of something else), rejected (without ids), orphaned (tools without a run)",
      Object.entries(spans ?? {}).flatMap(([outcome, count]) => one(count, { outcome })),
    ),
    counter("contextcore_activity_written", "beginnings and ends of runs that were written", [
      ...one(writing?.written),
    ]),
    counter("contextcore_activity_lost", "beginnings and ends of runs that were not", [
      ...one(writing?.lost),
    ]),
    gauge("contextcore_activity_waiting", "beginnings and ends of runs that wait to be written", [
      ...one(writing?.waiting),
    ]),
    gauge("contextcore_activity_writable", "1 when runs can be written, 0 when the last attempt failed", [
      ...one(writing && Number(writing.failure === undefined)),
    ]),
  ];
}
