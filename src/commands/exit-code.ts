/** What the program says to the shell. Anything unknown counts as failure. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** Wrong arguments or configuration: nothing ran. */
  usage: 2,
  /** Finished, but partial or with warnings that matter. */
  partial: 3,
  /** Safety or audit said no. */
  refused: 4,
  /** A verification found a difference. */
  different: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the help and the documentation. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.error, "an error"],
  [EXIT.usage, "wrong arguments or configuration; nothing ran"],
  [EXIT.partial, "finished, but partial or with warnings that matter"],
  [EXIT.refused, "refused: safety or audit"],
  [EXIT.different, "a verification found a difference"],
  [EXIT.interrupted, "interrupted"],
];
