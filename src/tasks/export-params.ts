/** The parameters of an export. */
import { SIGNALS, type Signal } from "../contract/contract.ts";
import { formatBytes, parseBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { readMoment } from "../units/moment.ts";
import { UsageError } from "./task/errors.ts";
import type { FlagParam, ParamValues } from "./task/param.ts";

const leaveOut = (signal: Signal): FlagParam & { readonly on: true } => ({
  type: "flag",
  on: true,
  about: `leave out the ${signal}`,
});

/** `--no-traces` and its siblings, one per signal. */
const leftOut = Object.fromEntries(SIGNALS.map((signal) => [signal, leaveOut(signal)])) as Record<
  Signal,
  ReturnType<typeof leaveOut>
>;

/** What an export is told. */
export const exportParams = {
  time: {
    type: "value",
    alias: "t",
    hint: "DURATION",
    parse: parseDuration,
    about: "how far back to go, such as 30m, 24h or 7d (default: 24h)",
  },
  from: {
    type: "value",
    hint: "TIME",
    parse: readMoment,
    about: "begin here: a date, an RFC 3339 time, today, or 24h for that long ago",
  },
  to: { type: "value", hint: "TIME", parse: readMoment, about: "end before this (default: now)" },
  all: { type: "flag", about: "everything, from each backend's oldest data until now" },
  "since-last": {
    type: "flag",
    about: "from where the kept snapshots end, with an hour of overlap for late data",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "WHERE",
    complete: "directories",
    local: true,
    about:
      "a directory for snapshots (default: `backups` in the configuration), or a place that it goes straight into: a store of the configuration, or its URL",
  },
  plugin: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    complete: "backends",
    about:
      "only the backend of this name, or all its tenants; where none has that name, all backends of this plugin; may be repeated",
  },
  match: {
    type: "value",
    hint: "NAME=SELECTOR",
    repeatable: true,
    about: 'only what this selector, in the backend\'s own language, finds, e.g. loki={app="shop"}',
  },
  ...leftOut,
  resume: { type: "flag", about: "finish an interrupted export: the newest, or the one named by PARTIAL" },
  compress: { type: "value", hint: "FORMAT", values: ["zstd"], about: "compress the data files" },
  "local-workers": {
    type: "value",
    hint: "N",
    parse: readWorkers,
    about: "run its steps in this many processes of this machine, 1 to 64; only into a place",
  },
  queue: {
    type: "value",
    hint: "URL",
    secret: true,
    local: true,
    parse: readQueue,
    about:
      "have its steps run by workers, which take them from a queue on this Redis or Valkey; only into a place",
  },
  "max-file-size": {
    type: "value",
    hint: "SIZE",
    parse: readFileSize,
    about: "split data files at this size, such as 500MB; at least 1MB",
  },
  partial: {
    type: "positional",
    hint: "PARTIAL",
    complete: "directories",
    local: true,
    about: "with --resume: the .partial directory, or PLACE:NAME",
  },
} as const;

/** What a resumed export takes over from the interrupted one. */
const ASKED_BEFORE = Object.keys(exportParams).filter(
  (name) => !["output", "resume", "partial", "local-workers", "queue"].includes(name),
);

/** Of these only one may be given. */
export const EXCLUSIVE_OF_EXPORTS: readonly (readonly string[])[] = [
  ["time", "from"],
  ["local-workers", "queue"],
  ...["time", "from", "to", "since-last"].map((name) => ["all", name]),
  ...["time", "from"].map((name) => ["since-last", name]),
  ...ASKED_BEFORE.map((name) => ["resume", name]),
];

/** The same as values, with defaults filled in. */
export type ExportValues = ParamValues<typeof exportParams>;

/** A smaller limit would only create more files, down to one per block. */
const FILE_BYTES_LEAST = 1_000_000;

/** @throws UsageError when it is no address of a queue; it may hold a password, so it is not shown */
export function readQueue(text: string): string {
  const url = URL.parse(text);
  if (url !== null && ["redis:", "rediss:"].includes(url.protocol) && url.hostname !== "") return text;
  throw new UsageError(
    "--queue takes the address of a Redis or Valkey",
    "redis://HOST:PORT, or rediss:// with TLS; a user and a password go before the host",
  );
}

/** More than that would only wait for each other. */
const WORKERS_MOST = 64;

function readWorkers(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= WORKERS_MOST) return count;
  throw new UsageError(
    `--local-workers takes a number from 1 to ${WORKERS_MOST}, and got ${text}`,
    "two or three more than this machine has cores are enough",
  );
}

function readFileSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes >= FILE_BYTES_LEAST) return bytes;
  throw new UsageError(
    `${formatBytes(bytes)} is too small; the minimum is ${formatBytes(FILE_BYTES_LEAST)}`,
    "use a unit, as in --max-file-size 500MB or 2GiB; a number alone means bytes",
  );
}
