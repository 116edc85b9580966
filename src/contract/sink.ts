/** A destination for audit events. */

/** One audit event from the trail: its canonical fields and the exact line. */
export interface AuditRecord {
  /** UUIDv7, unique across all projects. */
  readonly id: string;
  /** Its number in the project's trail, from 1, without gaps. */
  readonly seq: number;
  /** RFC 3339, UTC, ms. */
  readonly timestamp: string;
  /** `export`, `destroy`, `plugin_trust` … */
  readonly operation: string;
  /** `started`, `success`, `failure`, `interrupted` … */
  readonly outcome: string;
  readonly user: string;
  readonly host: string;
  readonly project: string;
  /** The JSON line, without the newline, byte for byte as in the trail. */
  readonly line: string;
}

/** Takes audit events one after another. Every method throws PluginError and obeys its signal within a second. */
export interface Sink {
  /** Throws if the sink could not take an event now. Writes nothing. */
  probe(signal: AbortSignal): Promise<void>;
  /** Resolves once the sink has stored the event durably, its `line` unchanged. The same `id` may come twice after a crash. */
  deliver(event: AuditRecord, signal: AbortSignal): Promise<void>;
  /**
   * The hashes that the sink has seen of the project (or of one of its hosts), newest last: they witness the end of the trail.
   */
  history?(
    query: { readonly project: string; readonly host?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
