/** Runs that are kept by a service elsewhere: sent once they have ended, several at once, and never waited for. */
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { NEVER, withTimeLimit } from "../../units/time-limit.ts";
import { uuidv7 } from "../../units/uuid.ts";
import { textSize } from "../content/size.ts";
import type { ActivityLog, NewRun, OpenRun } from "../log.ts";
import { openRun } from "../open-run.ts";
import { sentRun } from "./sent-run.ts";

/** Where a service is, and what lets runs in. */
export interface ServicePlace {
  /** `https://contextcore.example.com`. */
  readonly service: string;
  /** With the role `ingest`. */
  readonly token: string;
}

/** A service takes 32 MiB at once, but what is redacted for it holds up this thread. */
const BATCH = { runs: 50, bytes: 2 << 20, afterMs: 200, limitMs: 10_000 };
/** What may wait while the service cannot be reached. Characters */
const WAITING_MAX = 16 << 20;
const RETRY_MS = { first: 500, most: 30_000 };

/** @throws TypeError when `service` is no URL */
export function serviceLog({ service, token }: ServicePlace, send: typeof fetch = fetch): ActivityLog {
  const url = new URL("/api/v1/activity/runs", service);
  const queue: Waiting[] = [];
  const closing = new AbortController();
  let [written, lost, size, waitMs, most] = [0, 0, 0, BATCH.afterMs, BATCH.runs];
  let failure: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;

  const take = (run: Waiting): void => {
    if (size + run.size > WAITING_MAX) {
      lost += 1;
      return;
    }
    queue.push(run);
    size += run.size;
    schedule();
  };

  const schedule = (): void => {
    if (timer !== undefined || sending !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      sending = flush().finally(() => {
        sending = undefined;
        if (queue.length > 0) schedule();
      });
    }, waitMs);
    timer.unref();
  };

  /** The first ones, up to what one request should have. What cannot be prepared is lost, and holds up nothing behind it. */
  const nextBatch = (): string[] => {
    const batch: string[] = [];
    for (let bytes = 0; batch.length < Math.min(most, queue.length) && bytes < BATCH.bytes; ) {
      const json = prepared(queue[batch.length]);
      if (json === undefined) lost += removed(batch.length, 1);
      else batch.push(json);
      bytes += Buffer.byteLength(json ?? "");
    }
    return batch;
  };

  /** @returns how many they were */
  const removed = (from: number, count: number): number => {
    const gone = queue.splice(from, count);
    for (const run of gone) size -= run.size;
    return gone.length;
  };

  const flush = async (): Promise<void> => {
    const batch = nextBatch();
    const outcome = batch.length === 0 ? "taken" : await posted(batch);
    if (outcome === "later") {
      waitMs = Math.min(RETRY_MS.most, Math.max(RETRY_MS.first, waitMs * 2));
      return;
    }
    waitMs = BATCH.afterMs;
    // Fewer are sent again, until the one that is wrong is alone.
    if (outcome === "wrong" && batch.length > 1) [most, waitMs] = [Math.ceil(batch.length / 2), 0];
    else if (outcome !== "taken") lost += removed(0, batch.length);
    else {
      written += removed(0, batch.length);
      most = Math.min(BATCH.runs, most * 2);
    }
  };

  const posted = async (batch: readonly string[]): Promise<Outcome> => {
    try {
      const { status } = await withTimeLimit(
        (signal) =>
          send(url, {
            method: "POST",
            headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
            body: `{"runs":[${batch.join(",")}]}`,
            redirect: "error",
            signal,
          }),
        closing.signal,
        {
          limitMs: BATCH.limitMs,
          late: () => new Error(`the service has not answered in ${BATCH.limitMs / 1_000} s`),
        },
      );
      failure = status < 300 ? undefined : `the service answered ${status}`;
      return outcomeOfStatus(status);
    } catch (error) {
      failure = messageOf(error);
      return "later";
    }
  };

  const drain = async (): Promise<void> => {
    await sending;
    while (queue.length > 0) {
      await flush();
      if (failure !== undefined) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  return {
    begin: (run) => waitingRun(run, take),
    state: () => ({ written, waiting: queue.length, lost, ...given({ failure }) }),
    async close(limitMs = 2_000) {
      clearTimeout(timer);
      const late = () => new Error("the log was closed before the service had answered");
      await withTimeLimit(drain, NEVER, { limitMs, late }).catch((error) => closing.abort(error));
      lost += removed(0, queue.length);
    },
  };
}

/** `wrong`: something of what was sent, which need not be more than one run. */
type Outcome = "taken" | "wrong" | "refused" | "later";

function outcomeOfStatus(status: number): Outcome {
  if (status < 300) return "taken";
  if (status === 400 || status === 413 || status === 422) return "wrong";
  return status === 429 || status >= 500 || status === 401 || status === 403 ? "later" : "refused";
}

/** A run that waits to be sent. What takes time is done then, and not where its caller waits. */
interface Waiting {
  /** How much text it holds, in characters. */
  readonly size: number;
  /** @throws what is no run */
  json(): string;
}

function waitingRun(run: NewRun, take: (run: Waiting) => void): OpenRun {
  const { asked, started = Date.now(), id = uuidv7() } = run;
  return openRun(id, (ending) =>
    take({
      size: textSize(asked.input) + textSize(ending.answer?.output ?? []),
      json: () => JSON.stringify(sentRun({ ...run, id, started }, ending)),
    }),
  );
}

function prepared(run: Waiting | undefined): string | undefined {
  try {
    return run?.json();
  } catch {
    return undefined;
  }
}
