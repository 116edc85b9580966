/** What a backend does in a restore: it says what its server would refuse, and writes batches of lines. */
import type { Range } from "../units/range.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Problem } from "./export.ts";
import type { Counts } from "./values.ts";

/**
 * Puts a snapshot's records back. `preflight` says what the server would refuse or hide, `apply` writes one batch.
 * The core reads the blocks in the order that `order` asks for, keeps memory bounded, paces, splits and resumes. Every method
 * throws PluginError, and heeds its signal within a second.
 */
export interface Restorer {
  /**
   * By data file, or by folder with a `/` at its end for all the objects below it. `time`: all blocks of the file by time, across
   * series. `index`: in the order they were written. `any`: no batch needs another, so that several are written at once, as many
   * as the server bears. Default `index`.
   */
  readonly order?: Readonly<Record<string, "time" | "index" | "any">>;
  /** Files and objects of a lower rank are written first; default 0 for all. Within a rank parents' paths come first. */
  rank?(file: string): number;
  /** The same for many at once, in their order: asked for instead where it is there, as of a plugin in another process. */
  ranks?(files: readonly string[], signal: AbortSignal): Promise<readonly number[]>;
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
  /** What the server would do to the data of this plan. It writes nothing. */
  preflight(plan: RestorePlan, signal: AbortSignal): Promise<readonly RestoreDiagnostic[]>;
  /** Writes the lines; resolves with what the server said of each. A batch may be applied again after a crash. */
  apply(batch: RestoreBatch, signal: AbortSignal): Promise<RestoreAnswer>;
  /**
   * Writes a whole file of bytes, as {@link ByteRecords} gave it; `bytes` brings it piece by piece and can be read once. What it
   * writes should count only once all of it is there: into a temporary file, say, which gets its name at the end. It may be
   * called again after a crash. A backend whose exporter gives bytes has it.
   * @throws PluginError; what was written of the file until then should be gone
   */
  applyBytes?(
    file: RestoreFile,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<RestoreAnswer>;
  /** How long the server, as it is set up, may not count what it has taken. Default a minute. ms */
  settleMs?(signal: AbortSignal): Promise<number>;
}

/**
 * What of a line to write: the line, a part of it, or nothing. An object's whole text is one line. Of a file of bytes it is
 * asked once, with an empty line: the file is written whole, unless it says nothing.
 */
export interface LineMatcher {
  (line: string, file: string): string | undefined;
  /** The same for many at once, in their order: asked instead where it is there, as of a plugin in another process. */
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

/** What a restore would write, before anything is. */
export interface RestorePlan {
  /** The times of what would be written. ns */
  readonly range: Range;
  /** Data files and object files that would be written, with their counts. */
  readonly files: readonly { readonly path: string; readonly counts: Counts; readonly range?: Range }[];
  /** Labels that every stream or series would get besides its own. */
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

/** Lines of one file that are written together. */
export interface RestoreBatch {
  /** The data file, or the path of an object. */
  readonly file: string;
  readonly lines: readonly string[];
  /** Only data within this range is to be written. */
  readonly range: Range;
  /** Labels to add to every stream or series. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A file of bytes that is written whole. */
export interface RestoreFile {
  /** The file's path, as the exporter gave it. */
  readonly file: string;
  /** How many bytes it has. */
  readonly size: number;
  readonly counts: Counts;
}

/** A line that was not written, and why. */
export interface Rejected {
  readonly line: string;
  readonly reason: string;
  /**
   * No server of this kind has a place for such a line, whatever its settings, and the preflight said so. It is kept and
   * told like the others, but the restore is not partial for it.
   */
  readonly unsupported?: boolean;
}

/** What became of a batch: every line is written, there already, or rejected with a reason. */
export interface RestoreAnswer {
  readonly written: Counts;
  /** Already there, left as it was. */
  readonly existing?: Counts;
  readonly rejected?: readonly Rejected[];
  /** Written, but not whole, and what is to be done about it: secrets that nobody gave (`not-contained`), `lossy`. */
  readonly problems?: readonly Problem[];
}
