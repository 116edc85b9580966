/** What the trail hears of those who call: refusals, and sessions. */
import type { AuditEvent, NewEvent } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { openStackTrail } from "../../tasks/stack/stack.ts";
import type { Log } from "../../terminal/log.ts";
import { messageOf } from "../../units/message-of.ts";
import type { Refused } from "../listen/course.ts";
import type { Requester } from "../listen/route.ts";
import { createThrottle } from "../listen/throttle.ts";

/** See {@link createRecorder}. */
export interface Recorder {
  /** Records what somebody did, under their name. @throws TrailError */
  record(actor: Requester, event: NewEvent): Promise<AuditEvent>;
  /** Records a refusal, unless there were too many just now: those are counted, and the next event says how many. */
  refused(refused: Refused): void;
  /** Records what has happened already, as soon as it can; that it cannot be recorded is told in the log. */
  happened(actor: Requester, event: NewEvent): void;
  /** Why the last event could not be recorded; `undefined`: it was, or that is long ago. */
  readonly failure: string | undefined;
  /** Waits for what is being recorded. */
  settled(): Promise<unknown>;
  /** Records the refusals that were only counted so far, and waits. */
  close(): Promise<unknown>;
}

/** Each event waits for the disk, and anybody can be refused as often as they like. */
const PACE = { burst: 30, everyMs: 10_000 };

/** How long it is told that an event could not be recorded, ms. */
const FAILED_MS = 60_000;

/** What is not recorded, in the log's words. */
const WHAT: Readonly<Record<string, string>> = {
  access: "a refusal",
  sign_out: "the end of a session",
};

/** Records in a project's trail. */
export function createRecorder(caller: Caller, config: Config, log: Log): Recorder {
  const pace = createThrottle(PACE);
  /** By token, and of all who have shown none; and by status, so that many of one kind hide none of another. */
  const unrecorded = new Map<string, { readonly refused: Refused; readonly times: number }>();
  let failure: string | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let last: Promise<unknown> = Promise.resolve();

  async function record(actor: Requester, event: NewEvent): Promise<AuditEvent> {
    const { user, via, request } = actor;
    const own = { ...caller, actor: { user, via, request } };
    try {
      await using trail = openStackTrail(own, config);
      const written = await trail.append(event);
      failure = undefined;
      return written;
    } catch (error) {
      failure = messageOf(error);
      failedAt = performance.now();
      throw error;
    }
  }

  const happened = (actor: Requester, event: NewEvent): void => {
    last = last
      .then(() => record(actor, event))
      .catch((error) =>
        log("error", `${WHAT[event.operation] ?? event.operation} was not recorded: ${messageOf(error)}`, {
          request: actor.request,
        }),
      );
  };

  /** @param more how many refusals the event stands for besides this one */
  const refusal = ({ actor, client, method, path, status, reason }: Refused, more: number): void => {
    const others = more === 0 ? {} : { unrecorded: more };
    const details = { method, path, status, reason, client, ...others };
    happened(actor, { operation: "access", outcome: "refused", details });
  };

  return {
    record,
    happened,
    refused(refused) {
      const key = `${refused.actor.user} ${refused.status}`;
      const { times } = unrecorded.get(key) ?? { times: 0 };
      if (pace.take(key) > 0) {
        unrecorded.set(key, { refused, times: times + 1 });
        return;
      }
      unrecorded.delete(key);
      refusal(refused, times);
    },
    close() {
      for (const { refused, times } of unrecorded.values()) refusal(refused, times - 1);
      unrecorded.clear();
      return last;
    },
    get failure() {
      // What was in the way may be gone, and nothing needed to be recorded since.
      return performance.now() - failedAt < FAILED_MS ? failure : undefined;
    },
    settled: () => last,
  };
}
