import type { LokiLimits } from "./limits.ts";

type Pairs = readonly (readonly [string, string])[];

const FIELDS = /^(level|log\.level|severity|severitytext|severity_text|lvl)$/i;
const NAMES: Readonly<Record<string, string>> = {
  trace: "trace",
  trc: "trace",
  debug: "debug",
  dbg: "debug",
  info: "info",
  inf: "info",
  information: "info",
  warn: "warn",
  wrn: "warn",
  warning: "warn",
  error: "error",
  err: "error",
  critical: "critical",
  fatal: "fatal",
};

const find = (pairs: Pairs, fits: RegExp): string | undefined => pairs.find(([name]) => fits.test(name))?.[1];

const normalise = (level: string): string => NAMES[level.toLowerCase()] ?? level;

/** What `discover_log_levels` makes of an entry's metadata: `detected_level` is added where absent, normalised where present. */
export function withLevel(limits: LokiLimits, labels: Pairs, metadata: Pairs, line: string): Pairs {
  if (!limits.discover_log_levels || !limits.allow_structured_metadata) return metadata;
  if (find(metadata, /^detected_level$/) !== undefined) {
    return metadata.map(([name, value]) => [name, name === "detected_level" ? normalise(value) : value]);
  }
  const given = find(labels, FIELDS) ?? find(metadata, FIELDS);
  return [...metadata, ["detected_level", given === undefined ? levelOf(line) : normalise(given)]];
}

function levelOf(line: string): string {
  const named =
    /(?:^|[\s{,])"?(?:level|severity|lvl)"?\s*[=:]\s*"?([a-z]+)/i.exec(line)?.[1]?.toLowerCase() ?? "";
  const word = /(?<![a-z])(trace|debug|fatal|critical|error|err|warning|warn|info)(?![a-z])/i.exec(line)?.[1];
  return NAMES[named] ?? NAMES[word?.toLowerCase() ?? ""] ?? "unknown";
}
