/** How a backend restores: it says what its server would refuse, and writes batches of lines. */
import type { Range } from "../units/range.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Problem } from "./export.ts";
import type { Counts } from "./values.ts";

/**
 * Restores a snapshot's records. `preflight` says what the server would refuse or hide; `apply` writes one batch. The core
 * reads the blocks in the order given by `order`, bounds memory, and paces, splits and resumes. Every method throws PluginError
 * and obeys its signal within a second.
 */
export interface Restorer {
  /**
   * What {@link Restorer.apply} heeds beside the lines and the range. `labels`: it adds those of the batch. `tenant`: the server
   * keeps tenants apart, and the plugin's option `tenant` says which one is written to. Without it the core refuses `restore
   * --label` and `restore --into`.
   */
  readonly heeds?: readonly ("labels" | "tenant")[];
  /**
   * By data file, or by a folder ending in `/` for all objects below it. `time`: all blocks of the file by time, across series.
   * `index`: in the order they were written. `any`: batches are independent, so as many are written at once as the server can
   * take. Default `index`.
   */
  readonly order?: Readonly<Record<string, "time" | "index" | "any">>;
  /** Files and objects of a lower rank are written first. Default 0 for all. Within a rank, parent paths come first. */
  rank?(file: string): number;
  /** `rank` for many files at once, in the same order. Used instead of `rank` if present, as for plugins in another process. */
  ranks?(files: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
  /**
   * Parses a selector in the backend's own language. The matcher decides which part of a line to write: all, some or none.
   * @throws PluginError `invalid` when the selector makes no sense
   */
  matcher?(match: string): LineMatcher;
  /**
   * Like `matcher`, for a backend whose items depend on each other, as a dashboard depends on its folder. It sees everything
   * once before the plan is made, and its matcher also keeps what the selected items need. Used instead of `matcher`.
   */
  selection?(
    match: string,
    everything: AsyncIterable<RestoreLine>,
    signal: AbortSignal,
  ): Promise<LineMatcher>;
  /** What the server would do to the data of this plan. Writes nothing. */
  preflight(plan: RestorePlan, signal: AbortSignal): Promise<readonly RestoreDiagnostic[]>;
  /**
   * Compares objects with what the server holds in their place, by their content and without what a server sets itself. Writes
   * nothing. Answers in order; `undefined` for a file that has no place on the server. With it, a restore can tell what differs,
   * `restore --existing` can replace or refuse it, and `verify --live` compares objects and not only their number.
   */
  compare?(
    objects: readonly RestoreLine[],
    signal: AbortSignal,
  ): Promise<readonly (ObjectComparison | undefined)[]>;
  /**
   * Writes the lines and returns what the server said about each. A batch may be applied again, after a crash or in parts: if it
   * fails for good (as `split` of an exporter has it), the core divides it until what remains is one record, which counts as
   * rejected if the server takes anything else.
   */
  apply(batch: RestoreBatch, signal: AbortSignal): Promise<RestoreAnswer>;
  /**
   * Like `apply`, and used instead of it if present, for lines that name contents: `contents` has the bytes that the lines'
   * members `content` name, one after another in the order of the lines, in pieces of any size. It can be read once.
   */
  applyContents?(
    batch: RestoreBatch,
    contents: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<RestoreAnswer>;
  /**
   * Writes a complete file of bytes as {@link ByteRecords} gave it. `bytes` arrives in pieces and can be read once; whoever
   * gives `next` a buffer may get the next piece as a beginning of it, which saves a copy. The file should take effect only when it is complete: for example, write a temporary file and rename it at the end. It may be called
   * again after a crash. Required if the backend exports bytes.
   */
  applyBytes?(
    file: RestoreFile,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<RestoreAnswer>;
  /** How long the server, as configured, may take before it counts what it has accepted. Default a minute. ms */
  settleMs?(signal: AbortSignal): Promise<number>;
}

/**
 * Decides what to write of a line: all, a part, or nothing. An object's whole text is one line. For a file of bytes it is
 * called once, with an empty line: the file is written whole unless the answer is nothing.
 */
export interface LineMatcher {
  (line: string, file: string): string | undefined;
  /** The same for many lines at once, in order. Used instead if present, as for plugins in another process. */
  readonly many?: (
    lines: readonly string[],
    file: string,
    signal: AbortSignal,
  ) => Promise<readonly (string | undefined)[]>;
}

/** A line of a data file, or the text of an object. */
export interface RestoreLine {
  readonly file: string;
  readonly line: string;
}

/** An object of a snapshot beside what the server holds in its place. */
export interface ObjectComparison {
  /**
   * `missing`: {@link Restorer.apply} would write it, or the part of it that `what` names. `differs`: another one is in its
   * place. `unknown`: the server did not show it, for the reason in `what`.
   */
  readonly state: "missing" | "equal" | "differs" | "unknown";
  /** What people call it: `dashboard Tasks (tasks-overview)`. */
  readonly name: string;
  /** What differs, in words: `title, 2 of 5 panels`. */
  readonly what?: string;
}

/** An object that differs from what the server has in its place. */
export type Differing = Required<Pick<ObjectComparison, "name" | "what">>;

/** What to do with an object in whose place the server has another one: leave that one, or replace it, whole. */
export type Existing = "keep" | "replace";

/** What a restore would write, known before it writes anything. */
export interface RestorePlan {
  /** The time range of the data to write, ns. */
  readonly range: Range;
  /** Data files and object files to write, with their counts. */
  readonly files: readonly { readonly path: string; readonly counts: Counts; readonly range?: Range }[];
  /**
   * Labels added to every stream or series, in place of one of that name. In data files of the signals the core counts those
   * beforehand and asks; of its own files a plugin says it here.
   */
  readonly labels: Readonly<Record<string, string>>;
}

/** How what a server would do to a plan is told. */
export type RestoreSeverity =
  /** The server would not take it. */
  | "refuses"
  /** It would take it and change it. */
  | "alters"
  /** It would take it and not show it. */
  | "hides"
  /** Worth knowing, and nothing is lost. */
  | "note";

/**
 * One thing that the server would refuse, change or hide, and how much of it. Its subject is the backend, which the core
 * knows; instead of a hint it has the setting.
 */
export interface RestoreDiagnostic extends Pick<Diagnostic<RestoreSeverity>, "severity" | "message"> {
  /** The exact setting to change, e.g. `limits_config.reject_old_samples: false`. */
  readonly setting?: string;
  /** True: the server heeds no tenant, so nothing is written there for `restore --into`, among data that is another's. */
  readonly ignoresTenant?: boolean;
}

/** The preflight's diagnostic for a server that ignores tenants although one is named. @param server `This Loki` */
export const ignoredTenant = (server: string, tenant: string, setting: string): RestoreDiagnostic => ({
  severity: "alters",
  message: `${server} has no tenants: ${tenant} is ignored, and everything is written among what the server holds.`,
  setting,
  ignoresTenant: true,
});

/** Lines of one file, written together. */
export interface RestoreBatch {
  /** The data file, or the path of an object. */
  readonly file: string;
  readonly lines: readonly string[];
  /** Write only data within this range: the lines may hold more, since blocks are read whole. */
  readonly range: Range;
  /** Labels to add to every stream or series. Empty unless {@link Restorer.heeds} says `labels`. */
  readonly labels: Readonly<Record<string, string>>;
  /** For objects, if the restorer can `compare`. Default `keep`. */
  readonly existing?: Existing;
}

/** A file of bytes, written whole. */
export interface RestoreFile {
  /** The file's path, as the exporter gave it. */
  readonly file: string;
  /** How many bytes it has. */
  readonly size: number;
  readonly counts: Counts;
  /** The restore's selector, for a backend that can put back a part of what such a file holds. */
  readonly match?: string;
}

/** A line that was not written, and why. */
export interface Rejected {
  readonly line: string;
  readonly reason: string;
  /**
   * No server of this kind can store such a line, whatever its settings, and the preflight said so. It is kept and reported
   * like the others, but does not make the restore partial.
   */
  readonly unsupported?: boolean;
}

/** The result of a batch: every line is written, already there, left for one that differs, or rejected with a reason. */
export interface RestoreAnswer {
  readonly written: Counts;
  /** Already there, and left unchanged. */
  readonly existing?: Counts;
  /**
   * Objects in whose place the server had another one. It was left as it is, or, where the batch says `replace`, replaced: those
   * count as written, too.
   */
  readonly differing?: readonly Differing[];
  readonly rejected?: readonly Rejected[];
  /** Written, but incomplete, and what to do about it: secrets that nobody supplied (`not-contained`), `lossy`. */
  readonly problems?: readonly Problem[];
}
