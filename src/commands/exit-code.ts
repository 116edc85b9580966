import type { Ending } from "../audit/format/event.ts";

/** The program's exit codes. An unknown error counts as a plain failure. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** Wrong arguments or configuration: nothing ran. */
  usage: 2,
  /** Finished, but partial or with warnings that matter. */
  partial: 3,
  /** Safety or audit said no. */
  refused: 4,
  /** A verification, a drill or a recovery found a difference. */
  different: 5,
  interrupted: 130,
} as const;

/** One of {@link EXIT}: no command ends with any other code. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF: Readonly<Record<Ending["outcome"], ExitCode>> = {
  success: EXIT.ok,
  partial: EXIT.partial,
  failed: EXIT.error,
  refused: EXIT.refused,
  cancelled: EXIT.interrupted,
  interrupted: EXIT.interrupted,
};

/** The exit code for an outcome. */
export const exitOf = ({ outcome }: Pick<Ending, "outcome">): ExitCode => EXIT_OF[outcome];

/** The exit code of a command that may have been interrupted: if its work is not complete, the interruption is why. */
export const endedCode = (code: ExitCode, signal: AbortSignal): ExitCode =>
  signal.aborted && code !== EXIT.ok ? EXIT.interrupted : code;

/** What each code means and what to do, for the help, the manual page and the documentation. */
export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, meaning: string, advice: string])[] = [
  [EXIT.ok, "done", ""],
  [EXIT.error, "an error", "read the message"],
  [
    EXIT.usage,
    "wrong arguments or configuration; nothing ran",
    "fix the call; `contextcore config check` lists every problem",
  ],
  [
    EXIT.partial,
    "finished, but partial or with warnings that matter",
    "what was saved is good; stderr, `missing:` and the manifest say what is missing",
  ],
  [
    EXIT.refused,
    "refused: safety or audit",
    "answer by flag, agree to the project, or repair the trail or the plugin's trust",
  ],
  [
    EXIT.different,
    "a verification, a drill or a recovery found a difference",
    "the snapshot, server or trail differs from what was recorded: copy it before you do anything else",
  ],
  [
    EXIT.interrupted,
    "interrupted",
    "the last line says what was done; continue with `--resume`, if the command has it",
  ],
];
