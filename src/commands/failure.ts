import { EXIT, type ExitCode } from "./exit-code.ts";

/** Exit codes by the name of the error; whatever is not listed is a plain failure. */
const CODES: Readonly<Record<string, ExitCode>> = {
  UsageError: EXIT.usage,
  ConfigError: EXIT.usage,
  TrailError: EXIT.refused,
  RefusedError: EXIT.refused,
  UnansweredError: EXIT.interrupted,
};

/** The exit code for an error that ended a command. */
export function failureCode(error: unknown, signal: AbortSignal): ExitCode {
  if (signal.aborted) return EXIT.interrupted;
  return error instanceof Error && Object.hasOwn(CODES, error.name)
    ? (CODES[error.name] ?? EXIT.error)
    : EXIT.error;
}
