/** A place that audit events are delivered to. */
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

/** Takes audit events, one after another. Every method throws PluginError. */
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
