/** A backend: a source of data that can be listed, measured, exported and restored. */
import type { JsonObject } from "../units/json.ts";
import type { Range } from "../units/range.ts";
import type { DashboardStore } from "./dashboards.ts";
import type { EraseAnswer, EraseRequest, FindRequest, Found } from "./erasure.ts";
import type { Expirable, ExpireAnswer, ExpireRequest } from "./expiry.ts";
import type { Exporter } from "./export.ts";
import type { Restorer } from "./restore.ts";
import type { StoredData } from "./stored.ts";
import type { Counts, Importance, Signal } from "./values.ts";

/**
 * A source of data: a server, a database, a directory. An optional method that is absent is a capability that is not supported,
 * and the core says plainly what it cannot do without it. Every method throws PluginError and obeys its signal within a second.
 */
export interface Backend {
  /** What the backend holds. An empty server is not an error. */
  inventory(signal: AbortSignal): Promise<Inventory>;
  /** How big the data is, and how that was determined. */
  size(signal: AbortSignal): Promise<Size>;
  readonly export: Exporter;
  /**
   * The server's own count for a window, by unit, from a source independent of the export. `undefined` means that the server
   * cannot say, which is noted. A count that throws proves nothing and makes the snapshot `partial`. If a window counts more
   * than was read, the core halves it until it has found the missing part, and reads that part once more with a second
   * `export.start`.
   */
  count?(request: CountRequest, signal: AbortSignal): Promise<Counts | undefined>;
  /**
   * Divides a count that fails for good, so that what cannot be read costs only its own count. The core calls it as it calls
   * `split` of the exporter: when `count` fails as `invalid` or `too-large`, or as `temporary` on every attempt. What remains
   * uncounted is named, and everything else is compared. Without this method the whole window is uncounted.
   */
  splitCount?(request: CountRequest, signal: AbortSignal): Promise<CountSplit>;
  /** What the server will clamp or refuse. Read before an export or a restore. */
  limits?(signal: AbortSignal): Promise<readonly Limit[]>;
  readonly restore?: Restorer;
  readonly dashboards?: DashboardStore;
  /** Asks the server to make the data in its memory readable. */
  flush?(signal: AbortSignal): Promise<void>;
  /**
   * Finds one person's data and changes nothing: what it yields is shown before it is erased. The identifier must match a whole
   * word or field: a search for 12 does not find 123.
   * @throws PluginError `invalid` when the place is not valid in the backend's language
   */
  find?(request: FindRequest, signal: AbortSignal): AsyncIterable<Found>;
  /**
   * Erases what was found, and nothing else. A server that can only delete by a filter that matches more deletes nothing, and
   * the reason says so. A backend with `erase` also has `find`. The same request may be repeated.
   */
  erase?(request: EraseRequest, signal: AbortSignal): Promise<EraseAnswer>;
  /**
   * The same for the files of bytes that its export wrote. Without it such a file leaves a snapshot as a whole, or stays as a whole.
   */
  readonly stored?: StoredData;
  /** Counts the data that is past its time, and changes nothing: what it counts is shown before it goes. */
  findExpired?(request: ExpireRequest, signal: AbortSignal): Promise<Expirable>;
  /**
   * Lets go of what is past its time, and of nothing else. The core calls it only where the user's policy says so
   * (`retention.servers`), and once a snapshot holds the data. A backend with `expire` also has `findExpired`. The same request
   * may be repeated.
   */
  expire?(request: ExpireRequest, signal: AbortSignal): Promise<ExpireAnswer>;
  /** The tenants that the server knows, for an instance with `tenants: "*"`. Only for a plugin with the option `tenant`. */
  tenants?(signal: AbortSignal): Promise<readonly string[]>;
}

/** What a server reports about itself. */
export interface Inventory {
  readonly signals: readonly Signal[];
  readonly serverVersion?: string;
  /** Time of the oldest and newest data, ns. Absent when the server is empty or cannot say. */
  readonly oldest?: bigint;
  readonly newest?: bigint;
  /** How long the server keeps data, ns. `"unlimited"`: it never deletes. Absent: it did not say. */
  readonly retention?: bigint | "unlimited";
  /**
   * The server's setting that says so, by the name that its own documentation has; what else has to be set for it stands behind in
   * words: `limits_config.retention_period (with compactor.retention_enabled: true)`. Absent: there is none, or it is not known.
   */
  readonly retentionSetting?: string;
  /**
   * True when that time is meant for every copy of the data, as for what people wrote to somebody: it is warned of if snapshots
   * of it are kept for longer.
   */
  readonly bindsCopies?: boolean;
  /** Only if the server itself knows it; otherwise the instance's setting or the plugin's own `importance` applies. */
  readonly importance?: Importance;
  /** What it holds, by unit (`streams`, `series`, `dashboards`), if that is cheap to find out. */
  readonly counts?: Counts;
  /** Complete sentences for the person who reads the inventory. */
  readonly warnings?: readonly string[];
}

/** The size of the data, in bytes as the server stores it. */
export interface Size {
  readonly bytes: number;
  /** `disk`: a directory or volume was measured. `api`: the server reported it. `estimate`: it was calculated. */
  readonly source: "disk" | "api" | "estimate";
  /** How an estimate was calculated, in one phrase. */
  readonly how?: string;
  /** True when this is an upper bound, because the server counts some data more than once. */
  readonly isAtMost?: boolean;
}

/** A server setting that shortens, refuses or alters data. */
export interface Limit {
  /** The setting's name in the server's own documentation. */
  readonly setting: string;
  readonly value: string;
  /**
   * What this value does to an export or a restore, and which value to set instead. `doctor` shows limits that have an effect.
   * Absent when the setting is only worth recording, for example because it is off.
   */
  readonly effect?: string;
  /** True when it shortens answers silently. The export is then reported as clamped. */
  readonly clamps?: boolean;
}

/** What to count. */
export interface CountRequest {
  readonly range: Range;
  /** A selector in the backend's own language. */
  readonly match?: string;
  /** Of the range only this part, as {@link Backend.splitCount} named it: one stream, one series. Absent: everything. */
  readonly part?: JsonObject;
}

/** The parts of a count that fails as a whole. */
export interface CountSplit {
  /**
   * Two or more smaller requests that together count what the original would have counted, each thing once. None when it stands
   * for one thing that the server counts as a whole or not at all.
   */
  readonly requests?: readonly CountRequest[];
  /** What the request is about, in words, as in a `Split` of an export: `lines of {app="db"}`. This names it if it is uncounted. */
  readonly items?: readonly string[];
}
