/** What work waits for, told to whoever wants to know. */

/** A wait that begins. */
export interface Wait {
  /** Of whom: `loki`. */
  readonly name: string;
  /** What it waits for, after "waits 2 s": `before it asks again: …`. */
  readonly why: string;
  readonly ms: number;
}

/** Is told of each wait as it begins. */
export type OnWait = (wait: Wait) => void;

/** Tells of a wait of one backend. */
export type TellWait = (why: string, ms: number) => void;

/** The waits of one backend. */
export const waitsOf =
  (name: string, onWait: OnWait | undefined): TellWait =>
  (why, ms) =>
    onWait?.({ name, why, ms });
