/** A backend: a source whose data is listed, measured, exported and put back. */
import type { Range } from "../units/range.ts";
import type { DashboardKeeper } from "./dashboards.ts";
import type { EraseAnswer, EraseRequest, FindRequest, Found } from "./erasure.ts";
import type { Exporter } from "./export.ts";
import type { Restorer } from "./restore.ts";
import type { Counts, Importance, Signal } from "./values.ts";

/**
 * A source of data: a server, a database, a directory. What is absent is not supported, and the core says plainly what it cannot
 * do without it. Every method throws PluginError, and heeds its signal within a second.
 */
export interface Backend {
  /** What is here. An empty server is not an error. */
  inventory(signal: AbortSignal): Promise<Inventory>;
  /** How big it is, and how that was found. */
  size(signal: AbortSignal): Promise<Size>;
  readonly export: Exporter;
  /**
   * The server's own count for a window, by unit, from a source independent of the export. `undefined`: it cannot say, which
   * is noted; a count that throws proves nothing and makes the snapshot `partial`. A window that counts more than was read is
   * narrowed down by counts of its halves, and what is short is read once more, by a second `export.start` for it.
   */
  count?(request: CountRequest, signal: AbortSignal): Promise<Counts | undefined>;
  /** What the server will clamp or refuse; read before an export or a restore. */
  limits?(signal: AbortSignal): Promise<readonly Limit[]>;
  readonly restore?: Restorer;
  readonly dashboards?: DashboardKeeper;
  /** Asks the server to make what it holds in memory readable. */
  flush?(signal: AbortSignal): Promise<void>;
  /**
   * Finds the data of one person, and changes nothing: what it yields is shown before it is erased. Only what has the identifier
   * itself, as a whole word or field: looking for 12 does not find 123.
   * @throws PluginError `invalid` when the place makes no sense in the backend's language
   */
  find?(request: FindRequest, signal: AbortSignal): AsyncIterable<Found>;
  /**
   * Erases what was found, and nothing else: where the server can only delete by a filter that would take more, it deletes
   * nothing and says so. A backend that has `erase` has `find`. It may be called again for the same.
   */
  erase?(request: EraseRequest, signal: AbortSignal): Promise<EraseAnswer>;
  /** The tenants that the server knows, for an instance with `tenants: "*"`. Of a plugin with the option `tenant`. */
  tenants?(signal: AbortSignal): Promise<readonly string[]>;
}

/** What a server says about itself. */
export interface Inventory {
  readonly signals: readonly Signal[];
  readonly serverVersion?: string;
  /** Oldest and newest data, ns; absent when the server is empty or cannot say. */
  readonly oldest?: bigint;
  readonly newest?: bigint;
  /** How long the server keeps data, ns; `"unlimited"`: it never deletes; absent: it did not say. */
  readonly retention?: bigint | "unlimited";
  /** Only where the server itself knows it: an instance's setting and the plugin's own `importance` say it otherwise. */
  readonly importance?: Importance;
  /** What it holds, by unit (`streams`, `series`, `dashboards`), where that is cheap to know. */
  readonly counts?: Counts;
  /** Whole sentences for the person who reads the inventory. */
  readonly warnings?: readonly string[];
}

/** How big the data is, bytes as the server stores it. */
export interface Size {
  readonly bytes: number;
  /** `disk`: a directory or volume was measured; `api`: the server said; `estimate`: worked out. */
  readonly source: "disk" | "api" | "estimate";
  /** How an estimate was worked out, one phrase. */
  readonly how?: string;
  /** It may be less: the server counts some data more than once. */
  readonly isAtMost?: boolean;
}

/** A setting of the server that shortens, refuses or alters something. */
export interface Limit {
  /** The setting as the server's own documentation names it. */
  readonly setting: string;
  readonly value: string;
  /**
   * What it does to an export or a restore at this value, and the value to set; absent when it is only worth recording, as
   * one that is off. `doctor` shows those that have it.
   */
  readonly effect?: string;
  /** True when it shortens answers silently: the export is reported as clamped. */
  readonly clamps?: boolean;
}

/** What is to be counted. */
export interface CountRequest {
  readonly range: Range;
  /** A selector in the backend's own language. */
  readonly match?: string;
}
