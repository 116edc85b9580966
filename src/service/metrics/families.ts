/** The metrics, as data: what each is called, and how its values follow from what is known. */

import { activityFamilies } from "./activity.ts";
import type { DrillFigure } from "./drills.ts";
import type { Family, Sample } from "./exposition.ts";
import { counter, gauge, inSeconds, one } from "./family.ts";
import { type Figures, SOURCES } from "./figures.ts";
import { requestFamilies } from "./requests.ts";
import { scheduleFamilies } from "./schedule-families.ts";
import { type BackendStock, expiresSeconds, lengthSeconds, NOTHING_HELD, type PlaceStock } from "./stock.ts";

/** Everything that is measured. @param version of the program */
export const familiesOf = (figures: Figures, version: string): Family[] =>
  [
    ...backupFamilies(figures),
    gauge("contextcore_build_info", "the program; always 1", [{ labels: { version }, value: 1 }]),
    gauge("contextcore_source_readable", "1 where what the other metrics are made from could be read", [
      ...SOURCES.map((source) => ({
        labels: { source },
        value: Number(!figures.unreadable.some((one) => one.source === source)),
      })),
    ]),
    ...exportFamilies(figures),
    ...placeFamilies(figures),
    ...drillFamilies(figures),
    ...requestFamilies(figures.requests),
    ...trailFamilies(figures),
    ...sinkFamilies(figures),
    ...scheduleFamilies(figures.schedules),
    ...serviceFamilies(figures),
    ...activityFamilies(figures.service?.activity),
  ].map(bounded);

/** Names that other tools' rules and panels use, too. */
function backupFamilies({ tally, stock, backends, ages }: Figures): Family[] {
  const { last, outcomes } = tally?.operations.export ?? {};
  return [
    gauge(
      "backup_success",
      "1 when the last export was complete, and so are its copies; 0 when something is missing or it failed",
      one(last && Number(last === "success")),
    ),
    {
      ...counter(
        "backup_success",
        "exports that were complete, and so are their copies",
        one(tally && (outcomes?.success ?? 0)),
      ),
      isUntold: true,
    },
    gauge(
      "backup_size_bytes",
      "what a restore of the newest of each backend reads, with what that continues",
      one(restoredBytes(backends.flatMap((name) => stock?.backends.get(name)?.restoredBytes ?? []))),
    ),
    gauge(
      "data_age_seconds",
      "the age of the oldest that is held: snapshots by the class of their data, closed files of the audit trail",
      ages.flatMap(({ category, ageSeconds }) => one(ageSeconds, { category })),
    ),
    gauge(
      "retention_policy_seconds",
      "how long that is to be kept",
      ages.flatMap(({ category, policySeconds }) => one(policySeconds, { category })),
    ),
  ];
}

const restoredBytes = (of: readonly number[]): number | undefined =>
  of.length === 0 ? undefined : of.reduce((sum, bytes) => sum + bytes);

function exportFamilies({ tally, stock, backends, ages, now }: Figures): Family[] {
  const each = (
    name: string,
    help: string,
    read: (of: BackendStock, backend: string) => number | undefined,
  ): Family =>
    gauge(
      `contextcore_${name}`,
      help,
      stock === undefined
        ? []
        : backends.flatMap((backend) =>
            one(read(stock.backends.get(backend) ?? NOTHING_HELD, backend), { backend }),
          ),
    );
  const standing = (name: string) => tally?.backends[name];
  return [
    each("export_last_attempt_timestamp_seconds", "when an export of the backend was last begun", (_, name) =>
      inSeconds(standing(name)?.attempted),
    ),
    each(
      "export_last_success_timestamp_seconds",
      "when the newest complete export of the backend that is held ended; 0: none is",
      ({ completed }) => (completed === undefined ? 0 : Number(completed) / 1e9),
    ),
    each(
      "export_complete",
      "1 when the backend's last export was complete, 0 when something is missing",
      (_, name) => {
        const isWhole = standing(name)?.isWhole;
        return isWhole === undefined ? undefined : Number(isWhole);
      },
    ),
    each("export_duration_seconds", "how long its newest export took", ({ seconds }) => seconds),
    each("export_records", "the records of its newest export", ({ records }) => records),
    each("export_bytes", "the size of its newest export", ({ bytes }) => bytes),
    each("coverage_gaps", "parts of its time line that no snapshot holds", ({ gaps }) => gaps.length),
    each("coverage_gap_seconds", "how long these are together", ({ gaps }) => lengthSeconds(gaps)),
    each(
      "coverage_gap_expires_seconds",
      "until its server removes something that no snapshot holds, also what is newer than the newest",
      (of) => expiresSeconds(of, now),
    ),
    each(
      "server_retention_seconds",
      "how long its server keeps data",
      ({ retentionSeconds }) => retentionSeconds,
    ),
    each(
      "class_retention_seconds",
      "how long its data is to be kept, by the class that its newest export has",
      (of) => ages.find(({ category }) => category === of.class)?.policySeconds,
    ),
    gauge("contextcore_snapshots", "snapshots that are held, here or as a copy", one(stock?.snapshots)),
    gauge("contextcore_snapshots_damaged", "of which the manifest cannot be read", one(stock?.damaged)),
    ...operationFamilies(tally),
  ];
}

function operationFamilies(tally: Figures["tally"]): Family[] {
  const operations = Object.entries(tally?.operations ?? {});
  return [
    counter(
      "contextcore_operations",
      "operations that the audit trail has, by how they ended",
      operations.flatMap(([operation, { outcomes }]) =>
        Object.entries(outcomes).flatMap(([outcome, value]) => one(value, { operation, outcome })),
      ),
    ),
    gauge(
      "contextcore_operation_last_end_timestamp_seconds",
      "when one of these last ended",
      operations.flatMap(([operation, { ended }]) => one(inSeconds(ended), { operation })),
    ),
    gauge(
      "contextcore_operation_duration_seconds",
      "how long the last one took",
      operations.flatMap(([operation, { seconds }]) => one(seconds, { operation })),
    ),
  ];
}

function placeFamilies({ tally, stock }: Figures): Family[] {
  const { places = [] } = stock ?? {};
  const each = (name: string, help: string, read: (of: PlaceStock) => number | undefined): Family =>
    gauge(
      `contextcore_place_${name}`,
      help,
      places.flatMap((of) => one(read(of), { place: of.name })),
    );
  const standing = (name: string) => tally?.places[name];
  return [
    each(
      "last_attempt_timestamp_seconds",
      "when something was last begun to be written to the place",
      ({ name }) => inSeconds(standing(name)?.attempted),
    ),
    each("last_success_timestamp_seconds", "when it last had all that was to be written there", ({ name }) =>
      inSeconds(standing(name)?.succeeded),
    ),
    each("up", "1 when that went well the last time, 0 when it failed", ({ name }) => {
      const isWhole = standing(name)?.isWhole;
      return isWhole === undefined ? undefined : Number(isWhole);
    }),
    each("copies", "copies in the place that were sound when it was last looked at", ({ copies }) => copies),
    each("bytes", "their size", ({ bytes }) => bytes),
    each("copies_damaged", "copies in which something was found to be wrong", ({ damaged }) => damaged),
    each(
      "copies_missing",
      "snapshots that are here and not in the place, though every one is to be",
      ({ missing }) => missing,
    ),
    each("last_check_timestamp_seconds", "when any of its copies was last looked at", ({ checked }) =>
      checked === undefined ? undefined : Number(checked) / 1e9,
    ),
  ];
}

function drillFamilies({ drills = new Map() }: Figures): Family[] {
  const each = (name: string, help: string, read: (of: DrillFigure) => number | undefined): Family =>
    gauge(
      `contextcore_drill_${name}`,
      help,
      [...drills].flatMap(([backend, of]) => one(read(of), { backend })),
    );
  return [
    each(
      "success",
      "1 when what was saved of the backend came back in its last drill, 0 when it did not",
      (of) => Number(of.isSuccess),
    ),
    each("last_timestamp_seconds", "when that drill ended", ({ ended }) => ended),
    each(
      "proved_timestamp_seconds",
      "when everything of it last came back from a real server or a scratch place",
      ({ proved }) => proved,
    ),
    each("duration_seconds", "how long its last drill took", ({ seconds }) => seconds),
    each("records", "the records that came back in it as they were saved", ({ records }) => records),
    each("recovery_seconds", "how long its restore took in it", ({ restoreSeconds }) => restoreSeconds),
  ];
}

const trailFamilies = ({ tally, proved, unfinished }: Figures): Family[] => [
  gauge(
    "contextcore_trail_verified",
    "1 when the audit trail is what was recorded, 0 when something differs",
    [...one(proved && Number(proved.isSound))],
  ),
  gauge(
    "contextcore_trail_verified_timestamp_seconds",
    "when that was looked at",
    one(inSeconds(proved?.at)),
  ),
  gauge("contextcore_trail_events", "the number of its newest event", one(tally?.seq)),
  gauge("contextcore_operations_unfinished", "operations that began and have not ended", one(unfinished)),
];

function sinkFamilies({ sinks }: Figures): Family[] {
  const configured = sinks.filter((sink) => sink.configured);
  const each = (read: (of: (typeof configured)[number]) => number | undefined): Sample[] =>
    configured.flatMap((of) => one(read(of), { sink: of.name }));
  return [
    gauge(
      "contextcore_sink_backlog_events",
      "events that wait for the sink",
      each(({ waiting }) => waiting),
    ),
    gauge(
      "contextcore_sink_failing",
      "1 when the last delivery to it failed",
      each(({ state }) => (state === undefined ? undefined : Number(state.failure !== undefined))),
    ),
    counter(
      "contextcore_sink_delivered",
      "events that it took",
      each(({ state }) => state?.delivered),
    ),
    counter(
      "contextcore_sink_lost",
      "events that it refused, or that were dropped because too many waited",
      each(({ state }) => (state === undefined ? undefined : state.rejected + state.dropped)),
    ),
  ];
}

function serviceFamilies({ service }: Figures): Family[] {
  const { requests = [], runs = [], startedMs } = service ?? {};
  const labelled = requests.map(({ route, method, status, count, seconds }) => ({
    labels: { route, method, status: String(status) },
    count,
    seconds,
  }));
  const memory = startedMs === undefined ? undefined : process.memoryUsage.rss();
  const cpu = startedMs === undefined ? undefined : process.cpuUsage();
  return [
    counter("contextcore_requests", "requests that the service answered", [
      ...labelled.map(({ labels, count }) => ({ labels, value: count })),
    ]),
    counter("contextcore_request_seconds", "how long it took to answer them", [
      ...labelled.map(({ labels, seconds }) => ({ labels, value: seconds })),
    ]),
    gauge("contextcore_tasks", "tasks of the service that have not ended", [
      ...runs.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
    ]),
    gauge("process_start_time_seconds", "when the service began", one(inSeconds(startedMs))),
    gauge("process_resident_memory_bytes", "the memory of the service", one(memory)),
    counter("process_cpu_seconds", "its CPU time", one(cpu && (cpu.user + cpu.system) / 1e6)),
  ];
}

/** Names come from a configuration; a tenant's, or one in a manifest from elsewhere, is not taken as it is. */
const NAME = /^[\w./@~-]{1,200}$/;

/** How many samples a family may have. */
const SAMPLES_MAX = 2_000;

function bounded(family: Family): Family {
  const isSpeakable = ({ labels = {} }: Sample): boolean =>
    Object.entries(labels).every(([label, text]) => label === "route" || NAME.test(text));
  return { ...family, samples: family.samples.filter(isSpeakable).slice(0, SAMPLES_MAX) };
}
