import { EXIT, type ExitCode } from "./exit-code.ts";

/** Exit codes by error name; any other error is a plain failure. */
const CODES: Readonly<Record<string, ExitCode>> = {
  UsageError: EXIT.usage,
  ConfigError: EXIT.usage,
  AgreementError: EXIT.refused,
  TrailError: EXIT.refused,
  RefusedError: EXIT.refused,
  UnansweredError: EXIT.interrupted,
};

/** The exit code for an error that ended a command. */
export const failureCode = (error: unknown, signal: AbortSignal): ExitCode =>
  signal.aborted ? EXIT.interrupted : codeOf(error);

/** The same when nobody interrupted the command. */
export const codeOf = (error: unknown): ExitCode =>
  error instanceof Error && Object.hasOwn(CODES, error.name) ? (CODES[error.name] ?? EXIT.error) : EXIT.error;
