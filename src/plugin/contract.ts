/**
 * The plugin contract, version 1: what a backend or a sink tells contextcore, and what it is given.
 *
 * A plugin is a value. Capabilities are shown by presence: what is absent is not supported, and the core says so.
 * Plugins never print, never exit, never read the environment and never retry: they classify errors
 * ({@link PluginError}) and the engine decides.
 */
import type * as v from "valibot";
import type { Range } from "../units/range.ts";

/** The contract's major version. A plugin made for another one is refused. */
export const CONTRACT_VERSION = 1;

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

export type Signal = "traces" | "metrics" | "logs" | "dashboards";
export type Importance = "low" | "medium" | "high" | "critical";

/** Options are declared once, as a valibot object; configuration, environment, help and docs follow from it. */
export type OptionsSchema = v.ObjectSchema<v.ObjectEntries, v.ErrorMessage<v.ObjectIssue> | undefined>;

export interface Plugin<Schema extends OptionsSchema = OptionsSchema> {
  /** Lower case. A third party's is `vendor/name`. */
  readonly name: string;
  /** One line: what it is for. */
  readonly about: string;
  /** The major version of the contract that it was written for. Default 1. */
  readonly contract?: number;
  readonly version?: string;
  readonly options: Schema;
  /** What its backend holds, said without asking a server: `export --no-traces` then need not reach it. */
  readonly signals?: readonly Signal[];
  /** Hosts (`name` or `name:port`) that it may talk to, besides that of its `url` option. */
  readonly hosts?: readonly string[];
  readonly backend?: (context: Context<v.InferOutput<Schema>>) => Backend;
  readonly sink?: (context: Context<v.InferOutput<Schema>>) => Sink;
}

/** What a plugin is given; there is no other way to the outside that it should use. */
export interface Context<Options> {
  /** Validated options, defaults filled in. */
  readonly options: Options;
  /** Bound to the option `url`, with its authentication, tenant and time limit. Throws classified errors. */
  readonly http: HttpClient;
  readonly log: Logger;
  /** Now, ns since the epoch: by the server's clock, where its answers say that it differs from ours. */
  readonly clock: () => bigint;
  readonly limits: {
    /** About how many bytes of records one step should yield at most. */ readonly stepBytes: number;
  };
}

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

// ---------------------------------------------------------------------------------------------- backend

export interface Backend {
  /** What is here. An empty server is not an error. */
  inventory(signal: AbortSignal): Promise<Inventory>;
  /** How big it is, and how that was found. */
  size(signal: AbortSignal): Promise<Size>;
  readonly export: Exporter;
  /** The server's own count for a window, by unit, from a source independent of the export. `undefined`: it cannot say. */
  count?(request: CountRequest, signal: AbortSignal): Promise<Counts | undefined>;
  /** What the server will clamp or refuse; read before an export or a restore. */
  limits?(signal: AbortSignal): Promise<readonly Limit[]>;
  readonly restore?: Restorer;
  readonly dashboards?: DashboardKeeper;
  /** Asks the server to make what it holds in memory readable. */
  flush?(signal: AbortSignal): Promise<void>;
}

export interface Inventory {
  readonly signals: readonly Signal[];
  readonly serverVersion?: string;
  /** Oldest and newest data, ns; absent when the server is empty or cannot say. */
  readonly oldest?: bigint;
  readonly newest?: bigint;
  /** How long the server keeps data, ns; `"unlimited"`: it never deletes; absent: it did not say. */
  readonly retention?: bigint | "unlimited";
  readonly importance: Importance;
  /** What it holds, by unit (`streams`, `series`, `dashboards`), where that is cheap to know. */
  readonly counts?: Counts;
  /** Whole sentences for the person who reads the inventory. */
  readonly warnings?: readonly string[];
}

export interface Size {
  readonly bytes: number;
  /** `disk`: a directory or volume was measured; `api`: the server said; `estimate`: worked out. */
  readonly source: "disk" | "api" | "estimate";
  /** How an estimate was worked out, one phrase. */
  readonly how?: string;
}

/** Numbers by unit: `entries`, `samples`, `spans`, `traces`, `series`, `dashboards` … */
export type Counts = Readonly<Record<string, number>>;

export interface Limit {
  /** The setting as the server's own documentation names it. */
  readonly setting: string;
  readonly value: string;
  /** What it does to an export or a restore, one sentence; absent when it is only worth recording. */
  readonly effect?: string;
  /** True when it shortens answers silently: the export is reported as clamped. */
  readonly clamps?: boolean;
}

export interface CountRequest {
  readonly range: Range;
  /** A selector in the backend's own language. */
  readonly match?: string;
}

// ---------------------------------------------------------------------------------------------- export

export interface ExportRequest {
  readonly range: Range;
  /** A selector in the backend's own language. */
  readonly match?: string;
}

/** Plain JSON that names one piece of export work: it can be stored, retried, or sent elsewhere. Times are decimal strings of ns. */
export type Cursor = JsonObject;

/**
 * An export is a tree of cursors. `start` gives the first; `step` runs one and yields records and the cursors that
 * follow: one (a page after a page), two (a bisection) or many (a fan-out).
 *
 * A step depends on nothing but its cursor, may be run again, is bounded (about `limits.stepBytes` of records) and is
 * committed whole or not at all. The cursors in `next` run once the step is written
 * and sure to be committed before theirs.
 * Where one item can turn up in several windows, a rule that each step can check alone says which window owns it.
 */
export interface Exporter {
  start(request: ExportRequest, signal: AbortSignal): Promise<Start>;
  step(cursor: Cursor, signal: AbortSignal): Promise<Step>;
}

export interface Start {
  readonly cursors: readonly Cursor[];
  readonly problems?: readonly Problem[];
  /** How it is read, e.g. `{ read: "streamed remote read" }`; kept in the manifest. */
  readonly notes?: Readonly<Record<string, string>>;
  /** The range that is really read, where that is less than was asked (newest data still settling). ns */
  readonly exportedUntil?: bigint;
}

export interface Step {
  readonly records?: readonly Records[];
  readonly objects?: readonly ObjectFile[];
  readonly problems?: readonly Problem[];
  readonly next?: readonly Cursor[];
  readonly notes?: Readonly<Record<string, string>>;
  /** Which part of this cursor's work is done when `next` is not empty, 0 to 1: for the progress bar. Default 0. */
  readonly done?: number;
}

/** Lines for one data file: they become one block. */
export interface Records {
  /** `traces.json`, `metrics.json`, `logs.json`, or a file of the plugin's own in a folder named after it. */
  readonly file: string;
  /** JSON values, one a line, each line ended by `\n`. Bytes are the engine's from then on: never a buffer that is used again. */
  readonly text: string | Uint8Array;
  /** How many lines. */
  readonly lines: number;
  /** The times of the data in them, half-open. ns */
  readonly from: bigint;
  readonly to: bigint;
  /** What is in the lines, by unit. The units that {@link Backend.count} gives are reconciled. */
  readonly counts: Counts;
  /** The reconciliation window that all of it falls in. Default: the whole export. */
  readonly window?: Range;
}

/** A whole small file: a dashboard, a rule group. */
export interface ObjectFile {
  /** Relative, `/` between parts, first part the plugin's folder, safe on every file system (see `safeFileName`). */
  readonly path: string;
  readonly text: string;
  /** What it counts as: `dashboards`, `folders`, `rules`. */
  readonly unit: string;
}

/**
 * - `lossy`: kept, but not every detail of it can be carried.
 * - `incomplete`: part of it could not be read.
 * - `clamped`: the server shortens its answers.
 * - `failed`: it could not be read at all.
 * - `normalised`: a server's own bookkeeping was left out. Not a loss.
 * - `not-contained`: the API never gives it (secrets). Not a failure of the export.
 * `incomplete`, `clamped` and `failed` make the snapshot `partial`.
 */
export type ProblemKind = "lossy" | "incomplete" | "clamped" | "failed" | "normalised" | "not-contained";

export interface Problem {
  readonly kind: ProblemKind;
  /** What and why, one or two sentences. The same kind and reason are merged into one, with all their ranges. */
  readonly reason: string;
  readonly range?: Range;
  /** Names of the items concerned (ids, dashboards); the engine keeps the first hundred and the number. */
  readonly items?: readonly string[];
}

// ---------------------------------------------------------------------------------------------- restore

/**
 * Puts a snapshot's records back. `preflight` says what the server would refuse or hide, `apply` writes one batch.
 * The core reads the blocks in the order that `order` asks for, keeps memory bounded, paces, splits and resumes.
 */
export interface Restorer {
  /** `time`: all blocks of the file by time, across series. `index`: in the order they were written. Default `index`. */
  readonly order?: Readonly<Record<string, "time" | "index">>;
  /** Files and objects of a lower rank are written first; default 0 for all. Within a rank parents' paths come first. */
  rank?(file: string): number;
  /**
   * Reads a selector in the backend's own language; the result says of one line what of it to write: the line, a part of
   * it, or nothing. @throws PluginError `invalid` when the selector makes no sense.
   */
  matcher?(match: string): LineMatcher;
  /**
   * The same for a backend whose things need one another, as a dashboard needs its folder: it is shown everything once
   * before the plan is made, and the matcher also keeps what the selected things need. Used instead of `matcher`.
   */
  selection?(
    match: string,
    everything: AsyncIterable<RestoreLine>,
    signal: AbortSignal,
  ): Promise<LineMatcher>;
  preflight(plan: RestorePlan, signal: AbortSignal): Promise<readonly Finding[]>;
  /** Writes the lines; resolves with what the server said of each. A batch may be applied again after a crash. */
  apply(batch: RestoreBatch, signal: AbortSignal): Promise<RestoreAnswer>;
  /** How long the server, as it is set up, may not count what it has taken. Default a minute. ms */
  settleMs?(signal: AbortSignal): Promise<number>;
}

/** What of a line to write: the line, a part of it, or nothing. An object's whole text is one line. */
export type LineMatcher = (line: string, file: string) => string | undefined;

/** A line of a data file, or the text of an object. */
export interface RestoreLine {
  readonly file: string;
  readonly line: string;
}

export interface RestorePlan {
  readonly range: Range;
  /** Data files and object files that would be written, with their counts. */
  readonly files: readonly { readonly path: string; readonly counts: Counts; readonly range?: Range }[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Finding {
  readonly severity: "refuses" | "alters" | "hides" | "note";
  readonly what: string;
  /** The exact setting to change, e.g. `limits_config.reject_old_samples: false`. */
  readonly setting?: string;
}

export interface RestoreBatch {
  /** The data file, or the path of an object. */
  readonly file: string;
  readonly lines: readonly string[];
  /** Only data within this range is to be written. */
  readonly range: Range;
  /** Labels to add to every stream or series. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface RestoreAnswer {
  readonly written: Counts;
  /** Already there, left as it was. */
  readonly existing?: Counts;
  readonly rejected?: readonly { readonly line: string; readonly reason: string }[];
  /** Written, but not whole, and what is to be done about it: secrets that nobody gave (`not-contained`), `lossy`. */
  readonly problems?: readonly Problem[];
}

// ---------------------------------------------------------------------------------------------- dashboards

/** Dashboards in folders that can be listed, read, written and deleted one by one. Every method throws PluginError. */
export interface DashboardKeeper {
  /** All folders and dashboards that may be seen. */
  list(signal: AbortSignal): Promise<DashboardListing>;
  /** One dashboard, whole and not converted. @throws PluginError `not-found` */
  read(uid: string, signal: AbortSignal): Promise<DashboardDocument>;
  /** What a file's text says. @throws PluginError `invalid` when it is no dashboard that this backend can keep. */
  parse(text: string): DashboardDraft;
  /** Creates the dashboard, or replaces it when `replaces` says that it is there. */
  write(dashboard: PlacedDashboard, signal: AbortSignal): Promise<void>;
  remove(uid: string, signal: AbortSignal): Promise<void>;
  createFolder(folder: DashboardFolder, signal: AbortSignal): Promise<void>;
  renameFolder(folder: Pick<DashboardFolder, "uid" | "title">, signal: AbortSignal): Promise<void>;
  /** Deletes a folder that holds nothing. @throws PluginError `refused` saying what it still holds. */
  removeFolder(uid: string, signal: AbortSignal): Promise<void>;
}

export interface DashboardFolder {
  readonly uid: string;
  readonly title: string;
  readonly description?: string;
  /** Absent at the root. */
  readonly parentUid?: string;
  /** The tool that owns it; it cannot be changed by hand. */
  readonly managedBy?: string;
}

export interface DashboardListing {
  readonly folders: readonly DashboardFolder[];
  readonly dashboards: readonly {
    readonly uid: string;
    readonly title: string;
    /** Empty at the root. */
    readonly folderUid: string;
    readonly tags: readonly string[];
    /** Where a person can look at it. */
    readonly url?: string;
  }[];
}

/** A dashboard as a file says it. */
export interface DashboardDraft {
  /** Absent: the file leaves it open. */
  readonly uid?: string;
  readonly title: string;
  /** Its own JSON, without what a server sets itself; numbers may be `JSON.rawJSON`, to stay as they were written. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The version of the schema that the content is in, where there are versions. */
  readonly schema?: string;
  /** What else the backend keeps with it; it gets this back as it was. */
  readonly attached?: Readonly<Record<string, unknown>>;
}

/** A dashboard as the server keeps it. */
export interface DashboardDocument extends DashboardDraft {
  readonly uid: string;
  readonly folderUid: string;
  /** The text of its file. */
  readonly text: string;
  readonly managedBy?: string;
}

export interface PlacedDashboard extends DashboardDraft {
  readonly uid: string;
  /** Empty at the root. */
  readonly folderUid: string;
  readonly replaces: boolean;
}

// ---------------------------------------------------------------------------------------------- sink

/** One audit event as it stands in the trail: the canonical fields and the exact line. */
export interface AuditRecord {
  readonly id: string;
  readonly seq: number;
  readonly timestamp: string;
  readonly operation: string;
  readonly outcome: string;
  readonly user: string;
  readonly host: string;
  readonly project: string;
  /** The JSON line, without the newline, byte for byte as in the trail. */
  readonly line: string;
}

export interface Sink {
  /** Writes nothing; throws when the sink could not take an event now. */
  probe(signal: AbortSignal): Promise<void>;
  /** Resolves once the sink has it. The same `id` may come twice after a crash. */
  deliver(event: AuditRecord, signal: AbortSignal): Promise<void>;
  /** The hashes that this place has seen of the project (of one host of it), newest last: a witness of the trail's end. */
  history?(
    query: { readonly project: string; readonly host?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

// ---------------------------------------------------------------------------------------------- http

export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Appended to the client's base URL; starts with `/`. */
  readonly path: string;
  readonly query?: Readonly<
    Record<string, string | number | bigint | boolean | readonly string[] | undefined>
  >;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes as they are; or `form`, or `json`. */
  readonly body?: string | Uint8Array;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
  /** Overrides the client's time limit for this call, ms. */
  readonly timeoutMs?: number;
  /** Statuses besides 2xx that are an answer here, not an error. */
  readonly accept?: readonly number[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Each reads the body once and throws a `temporary` error when it is cut. */
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  /** @throws PluginError `invalid` when the body is not JSON (HTML, half a document). */
  json(): Promise<unknown>;
  /** The raw body; its errors are classified too. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /** The base URL, without credentials. */
  readonly url: string;
  /** @throws PluginError classified from the status, the body's text or the failed connection. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The answer's JSON checked against a schema. @throws PluginError `invalid` naming the first field that is wrong. */
  json<Schema extends v.GenericSchema>(schema: Schema, request: HttpRequest): Promise<v.InferOutput<Schema>>;
  /** A client with the same rules for another base URL of the same server (Tempo's OTLP port). */
  at(url: string): HttpClient;
}

/** Declares a plugin; gives the types, changes nothing. */
export const definePlugin = <Schema extends OptionsSchema>(plugin: Plugin<Schema>): Plugin<Schema> => plugin;
