/** What a trail itself tells about its signing: since when there is a key, and what should have been signed since. */
import type { AuditEvent, Outcome } from "../format/event.ts";
import { SIGNED_AFTER } from "../format/operations.ts";

/** What a trail's events tell about its signing. */
export interface Signing {
  /** The newest event that made a key. */
  readonly keygen?: AuditEvent;
  /** The first end of a destructive operation by the user who had made a key: a checkpoint was signed after it. */
  readonly due?: AuditEvent;
  /** The first end of a destructive operation before any key was made in this trail. */
  readonly unkeyed?: AuditEvent;
}

/** Collects {@link Signing} from events, oldest first. */
interface SigningWatch {
  /** Whether such an event matters here and must be parsed. */
  concerns(operation: string, outcome: string): boolean;
  take(event: AuditEvent): void;
  seen(): Signing;
}

/** A checkpoint is signed after these outcomes, but not after the event that closes a dead process's operation. */
const ENDS: ReadonlySet<string> = new Set<Outcome>(["success", "partial", "failed", "cancelled"]);

/** Nothing is seen yet. */
export function watchSigning(): SigningWatch {
  let seen: Signing = {};
  const isHolder = ({ user, host }: AuditEvent): boolean =>
    seen.keygen?.user === user && seen.keygen.host === host; // another user's home has no key
  return {
    concerns: (operation, outcome) =>
      operation === "audit_keygen" || (SIGNED_AFTER.has(operation) && ENDS.has(outcome)),
    take(event) {
      if (event.operation === "audit_keygen") seen = { ...seen, keygen: event };
      else if (seen.keygen === undefined) seen = { unkeyed: event, ...seen };
      else if (isHolder(event)) seen = { due: event, ...seen };
    },
    seen: () => seen,
  };
}
