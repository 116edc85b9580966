/** Several processes of this machine that run the steps of an export. One that is lost is started again. */
import { randomBytes } from "node:crypto";
import { messageOf } from "../../units/message-of.ts";
import { LostWorker, survived } from "./lives.ts";
import type { WorkerProcess } from "./process.ts";
import { createSeats, type Seat, type Seated, type Seats } from "./seats.ts";
import type { AskedStep, Workers } from "./workers.ts";

/** What a pool is started with. */
interface PoolStart {
  /** How many processes. */
  readonly count: number;
  /** Starts one. @param onLine hears each line that it prints @throws what keeps it from beginning */
  readonly start: (onLine: (line: string) => void) => Promise<WorkerProcess>;
  /** Hears what they print, and which of them are lost. */
  readonly onTold: (line: string) => void;
}

/** So many losses in a row, without a step that was done, and nobody is started any more in that place. */
const LOSSES_MAX = 6;

/** Starts them all. @throws what keeps one of them from beginning, other than its own end; none of them is left then */
export async function startPool({ count, start, onTold }: PoolStart): Promise<Workers> {
  const seats = createSeats(count);
  let isOver = false;
  const fill = async (seat: Seat): Promise<void> => {
    const worker = await start((line) => onTold(`worker ${seat.number}: ${line}`));
    if (isOver) return worker[Symbol.asyncDispose]();
    seat.worker = worker;
    seats.changed();
  };
  const replace = async (seat: Seat, lost: LostWorker): Promise<void> => {
    seat.worker = undefined;
    seat.losses += 1;
    seat.isGivenUp = seat.losses >= LOSSES_MAX;
    onTold(
      `worker ${seat.number} was lost: ${lost.message}; ${seat.isGivenUp ? "it is not" : "it is"} started again`,
    );
    if (!seat.isGivenUp) await begin(seat);
    seats.changed();
  };
  /** @throws what keeps it from beginning, if that is not its end */
  const begin = async (seat: Seat): Promise<void> => {
    try {
      await fill(seat);
    } catch (error) {
      if (!(error instanceof LostWorker)) throw error;
      await replace(seat, error);
    }
  };
  const end = async (): Promise<void> => {
    isOver = true;
    await Promise.all(seats.all.map(({ worker }) => worker?.[Symbol.asyncDispose]()));
  };
  const begun = await Promise.allSettled(seats.all.map(begin));
  const failed = begun.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await end();
    throw failed.reason;
  }
  const again = (seat: Seat, lost: LostWorker): void =>
    void replace(seat, lost).catch((error) => {
      seat.isGivenUp = true;
      onTold(`worker ${seat.number} did not start again: ${messageOf(error)}`);
      seats.changed();
    });
  return { run: (asked, signal) => runOn(seats, asked, { signal, again }), [Symbol.asyncDispose]: end };
}

interface Running {
  readonly signal: AbortSignal;
  /** Somebody else is to come after him. */
  again(seat: Seat, lost: LostWorker): void;
}

/** @returns "here", too, when no process is left @throws LostWorker when it was the end of too many */
const runOn = (seats: Seats, asked: AskedStep, { signal, again }: Running): ReturnType<Workers["run"]> =>
  survived(async (isAlone) => {
    const seated = await seats.take(isAlone, signal);
    if (seated === undefined) return "here";
    try {
      return await runBy(seated, asked, signal);
    } catch (error) {
      if (error instanceof LostWorker && seated.seat.worker === seated.worker) again(seated.seat, error);
      throw error;
    } finally {
      if (isAlone) seated.seat.isAlone = false;
      seats.changed();
    }
  });

/** Each attempt has a name of its own, so what a late one sends stands in nobody's way. */
async function runBy(
  { seat, worker }: Seated,
  asked: AskedStep,
  signal: AbortSignal,
): ReturnType<Workers["run"]> {
  const worked = await worker.step({ ...asked, attempt: randomBytes(8).toString("hex") }, signal);
  seat.losses = 0;
  return worked;
}
