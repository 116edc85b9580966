/** A place that audit events are delivered to. */

/** One audit event as it stands in the trail: the canonical fields and the exact line. */
export interface AuditRecord {
  /** UUIDv7: of this event alone, in every project. */
  readonly id: string;
  /** Its number in the project's trail, from 1 on, without a gap. */
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

/** Takes audit events, one after another. Every method throws PluginError, and heeds its signal within a second. */
export interface Sink {
  /** Writes nothing; throws when the sink could not take an event now. */
  probe(signal: AbortSignal): Promise<void>;
  /** Resolves once the sink has it for good, its `line` unchanged. The same `id` may come twice after a crash. */
  deliver(event: AuditRecord, signal: AbortSignal): Promise<void>;
  /** The hashes that this place has seen of the project (of one host of it), newest last: a witness of the trail's end. */
  history?(
    query: { readonly project: string; readonly host?: string; readonly limit: number },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
