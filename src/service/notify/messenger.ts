/** Delivers what waits: one message of each receiver at a time, again after a while where it does not arrive. */
import type { Receiver } from "../../config/notify.ts";
import { messageOf } from "../../units/message-of.ts";
import { startDeadline } from "../../units/time-limit.ts";
import { isDue, type Outbox, receiverId, type Waiting } from "./outbox.ts";
import { type Address, post } from "./post.ts";

/** Delivers messages. */
export interface Messenger {
  /**
   * Delivers what is due, as far as it arrives.
   * @param signal ends it: what has not arrived waits @returns when to come again, ms since 1970; `undefined`: nothing waits
   */
  deliver(signal: AbortSignal): Promise<number | undefined>;
  /** The same, but what has not arrived after so long waits for whoever comes next. ms */
  deliverWithin(limitMs: number): Promise<void>;
  /** Asks the address that waits for a sign of life, if there is one. */
  ping(): void;
}

/** What it needs. */
interface MessengerParts {
  readonly notify: readonly Receiver[];
  readonly ping: string | undefined;
  readonly outbox: Outbox;
  readonly now: () => number;
  /** Hears what did not arrive. */
  readonly warn: (message: string) => void;
}

/** Delivers to who is configured. */
export function createMessenger({ notify, ping, outbox, now, warn }: MessengerParts): Messenger {
  const addresses = new Map<string, Address>(
    notify.map(({ url, headers }, index) => [
      receiverId(url),
      { name: `notify.${index}`, url, headers: headers ?? {} },
    ]),
  );
  if (ping !== undefined) addresses.set(pingId(ping), { name: "ping", url: ping, headers: {} });
  outbox.keepOnly([...addresses.keys()]);

  const sent = async (message: Waiting, address: Address, signal: AbortSignal): Promise<boolean> => {
    try {
      await post(address, message.body ?? undefined, signal);
      outbox.remove(message.id);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const isTriedAgain = outbox.failed(message, now());
      warn(
        `${messageOf(error)}; ${isTriedAgain ? "the message is sent again later" : "the message was given up"}`,
      );
      return false;
    }
  };

  const waitingFor = (receiver: string): Waiting | undefined =>
    outbox.first().find((message) => message.receiver === receiver);

  /** One message after the other, until one does not arrive. */
  const lineTo = ([receiver, address]: [string, Address]) =>
    exclusive(async (signal: AbortSignal): Promise<void> => {
      for (
        let next = waitingFor(receiver);
        next !== undefined && isDue(next, now());
        next = waitingFor(receiver)
      )
        if (!(await sent(next, address, signal))) return;
    });

  /** Nobody waits for a receiver but who comes after it in its own line. */
  const lines = [...addresses].map(lineTo);

  const deliver = async (signal: AbortSignal): Promise<number | undefined> => {
    await Promise.all(lines.map((line) => line(signal)));
    const times = outbox.first().map(({ next_at }) => next_at);
    return times.length === 0 ? undefined : Math.min(...times);
  };

  return {
    deliver,
    async deliverWithin(limitMs) {
      const deadline = startDeadline({ limitMs });
      await deliver(deadline.signal).finally(deadline.end);
    },
    ping: () => ping !== undefined && outbox.add(pingId(ping), null, now()),
  };
}

/** The same address may also be told of faults. */
const pingId = (url: string): string => receiverId(`ping ${url}`);

/** Two deliveries at once would send a message twice: who comes meanwhile waits for the first one. */
function exclusive<Given, Result>(
  work: (given: Given) => Promise<Result>,
): (given: Given) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (given) => {
    const next = last.then(() => work(given));
    last = next.catch(() => undefined);
    return next;
  };
}
