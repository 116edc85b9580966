/**
 * Batches of which a server took nothing. As long as it takes nothing else, nobody knows whether that is due to them or to the
 * server: they are refused once it takes something again, and their blocks are noted only then.
 */

/** The batches in doubt of one target. */
export interface Doubts {
  /**
   * The server took nothing of a batch.
   * @param isOrdered whether what follows it would be taken, and it itself refused for that later
   * @throws its error when that happens too often in a row
   */
  add(failure: unknown, isOrdered: boolean): void;
  /** Holds back the note that a block is done, if a batch is in doubt; else it is written at once. */
  note(write: () => Promise<void>): Promise<void>;
  /** The server took something, so what it failed at before was due to the records. */
  settle(): Promise<void>;
  /** Everything was offered. @throws the server's error when it never took anything */
  end(): Promise<void>;
}

/** After so many in a row the server itself is in trouble: what follows must wait for it, where there is an order. */
const IN_A_ROW = 3;
/** A server that has taken others may fail at so many objects in a row: a whole kind of them, a whole folder. */
const PARDONED_MAX = 100;

/** No batch is in doubt yet. @param pardon keeps a failure from counting against the server */
export function createDoubts(pardon: () => void): Doubts {
  let inDoubt: unknown[] = [];
  let held: (() => Promise<void>)[] = [];
  let hasTaken = false;
  const settle = async (): Promise<void> => {
    hasTaken = true;
    const writes = held;
    [inDoubt, held] = [[], []];
    for (const write of writes) await write();
  };
  return {
    settle,
    add(failure, isOrdered) {
      inDoubt.push(failure);
      if (isOrdered && inDoubt.length >= IN_A_ROW) throw failure;
      if (hasTaken && inDoubt.length < PARDONED_MAX) pardon();
    },
    async note(write) {
      if (inDoubt.length === 0) await write();
      else held.push(write);
    },
    async end() {
      if (inDoubt.length > 0 && !hasTaken) throw inDoubt[0];
      await settle();
    },
  };
}
