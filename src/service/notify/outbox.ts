/** What is still to be told to whom. It waits in the database, so neither a restart nor a receiver that is down loses it. */
import type { Database } from "bun:sqlite";

/** A message that waits. */
export interface Waiting {
  readonly id: number;
  /** {@link receiverId} of who gets it. */
  readonly receiver: string;
  /** JSON; absent: the address is only asked for. */
  readonly body: string | null;
  readonly attempts: number;
  readonly created_at: number;
  readonly next_at: number;
}

/** Messages for each receiver, in their order. */
export interface Outbox {
  add(receiver: string, body: string | null, nowMs: number): void;
  /** The oldest message of each receiver: no later one overtakes it. */
  first(): readonly Waiting[];
  /** It has arrived, or nobody waits for it any more. */
  remove(id: number): void;
  /** It did not arrive. @returns whether it is tried again */
  failed(message: Waiting, nowMs: number): boolean;
  /** Of one that is configured no longer, everything goes. */
  keepOnly(receivers: readonly string[]): void;
}

/** Without the address, which is not kept here. */
export const receiverId = (url: string): string => Bun.SHA256.hash(url, "hex").slice(0, 32);

/** How many messages wait for one receiver; of more, the oldest goes. */
const BACKLOG_MAX = 200;

/** News that is older is none. ms */
const AGE_MAX = 3 * 24 * 3_600_000;

/** Until it is tried again: at first, and at most. ms */
const [WAIT_FIRST, WAIT_MAX] = [30_000, 3_600_000];

/** Whether it is to be sent now: also when the clock has been set back since its time was set. */
export const isDue = ({ next_at }: Waiting, nowMs: number): boolean =>
  next_at <= nowMs || next_at > nowMs + WAIT_MAX;

/** @param database that of the service @param onAdded hears of each message that begins to wait */
export function createOutbox(database: Database, onAdded: () => void = () => undefined): Outbox {
  const remove = (id: number): void => void database.run("DELETE FROM notices WHERE id = ?", [id]);
  return {
    remove,
    add(receiver, body, nowMs) {
      database.run("INSERT INTO notices (receiver, body, created_at, next_at) VALUES (?, ?, ?, ?)", [
        receiver,
        body,
        nowMs,
        nowMs,
      ]);
      database.run(
        "DELETE FROM notices WHERE receiver = ?1 AND id <= (SELECT id FROM notices WHERE receiver = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        [receiver, body === null ? 1 : BACKLOG_MAX],
      );
      onAdded();
    },
    first: () =>
      database
        .query<Waiting, []>(
          "SELECT * FROM notices WHERE id IN (SELECT min(id) FROM notices GROUP BY receiver) ORDER BY id",
        )
        .all(),
    failed({ id, attempts, created_at }, nowMs) {
      if (nowMs - created_at > AGE_MAX) {
        remove(id);
        return false;
      }
      const next = nowMs + Math.min(WAIT_MAX, WAIT_FIRST * 2 ** Math.min(attempts, 20));
      database.run("UPDATE notices SET attempts = attempts + 1, next_at = ? WHERE id = ?", [next, id]);
      return true;
    },
    keepOnly(receivers) {
      const marks = receivers.map(() => "?").join(", ");
      database.run(`DELETE FROM notices WHERE receiver NOT IN (${marks})`, [...receivers]);
    },
  };
}
