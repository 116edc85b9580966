/** What a service tells while it runs: a line for each thing that happens, for people or for programs. */

/** How much a line matters. */
export type LogLevel = "info" | "warn" | "error";

/** The forms of a log. */
export const LOG_FORMATS = ["json", "text"] as const;
/** One of {@link LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What belongs to a line. */
type LogFields = Readonly<Record<string, string | number | undefined>>;

/** Tells one thing. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** `{"time":"2026-01-24T14:30:00.000Z","level":"info","message":"GET /api/v1/places","status":200}` */
export const logJson = (level: LogLevel, message: string, fields: LogFields = {}): string =>
  JSON.stringify({ time: new Date().toISOString(), level, message, ...fields });

/** `14:30:00  GET /api/v1/places  status=200` */
export function logText(level: LogLevel, message: string, fields: LogFields = {}): string {
  const time = new Date().toISOString().slice(11, 19);
  const said = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  const label = level === "info" ? "" : `${level === "warn" ? "warning" : level}: `;
  return [time, `${label}${message}`, ...said].join("  ");
}
