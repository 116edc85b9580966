/** Whoever is told of faults, by a database that remembers what is still to be told. */
import type { Database } from "bun:sqlite";
import type { Config } from "../../config/config.ts";
import { type FaultBook, openFaultBook } from "./faults.ts";
import { createMessenger, type Messenger } from "./messenger.ts";
import { createOutbox } from "./outbox.ts";

interface Telling {
  readonly faults: FaultBook;
  readonly messenger: Messenger;
}

/** @param warn hears what did not arrive @param onAdded hears of each message that begins to wait */
export function openTelling(
  database: Database,
  { notify, ping, name }: Pick<Config, "notify" | "ping" | "name">,
  warn: (message: string) => void,
  onAdded?: () => void,
): Telling {
  const outbox = createOutbox(database, onAdded);
  return {
    faults: openFaultBook(database, { receivers: notify, stack: name, outbox }),
    messenger: createMessenger({ notify, ping, outbox, now: Date.now, warn }),
  };
}
