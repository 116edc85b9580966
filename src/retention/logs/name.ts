/** What the name of a log file says: whether it is rotated, how it is compressed, and which level it has. */
import { LEVELS, type Level } from "../../config/logs.ts";

/** A rotated file of a log: nobody writes to it any more. */
export interface RotatedName {
  /** Absent: nothing is compressed. `other`: nothing here reads it. */
  readonly coding?: "zstd" | "gzip" | "other";
  /** Absent: its content says it. */
  readonly level?: Level;
}

/** `undefined`: it is no rotated log, as the file that is written to, and data that lies beside. */
export function rotatedName(name: string): RotatedName | undefined {
  const { plain, coding } = withoutCoding(name);
  const unmarked = unmarkedName(plain);
  if (unmarked === plain || !isLog(plain, unmarked) || !KNOWN_ENDING.test(unmarked)) return undefined;
  const level = levelIn(plain);
  return { ...(coding && { coding }), ...(level && { level }) };
}

const CODINGS = { zst: "zstd", gz: "gzip", xz: "other", bz2: "other", lz4: "other", br: "other" } as const;

function withoutCoding(name: string): { plain: string; coding?: RotatedName["coding"] } {
  const [, plain = "", ending = ""] = /^(.+)\.(zst|gz|xz|bz2|lz4|br)$/.exec(name) ?? [];
  return plain === "" ? { plain: name } : { plain, coding: CODINGS[ending as keyof typeof CODINGS] };
}

/** `app.log.1` */
const NUMBER = /\.\d{1,4}$/;
/** `app-20260124.log`, `app.log.2026-01-24`, `app.log.20260124-143000.error`; with what may follow it. */
const DATE =
  /[._-](?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:[T_.-]?\d{2}[-:.]?\d{2}(?:[-:.]?\d{2})?Z?)?(?=[._-]|$)/;
/** Anywhere in it: `app-log-20260124.json`. */
const HAS_LOG = /(?:^|[._-])(?:sys)?logs?(?:[._-]|$)/i;
/** At its end alone: `orders-out.json` is data. */
const IS_OUTPUT =
  /(?:^|[._-])(?:messages|out|err|stdout|stderr)(?:[._-](?:debug|info|warning|error)(?:-\d+)?)?$/i;
const isLog = (plain: string, unmarked: string): boolean => HAS_LOG.test(plain) || IS_OUTPUT.test(unmarked);
/** What is left ends as a log does, or has no ending. */
const KNOWN_ENDING =
  /^[^.]*$|\.(?:logs?|out|err|txt|jsonl?|ndjson|stdout|stderr|debug|trace|info|notice|warn|warning|error|crit|critical|fatal)(?:-\d+)?$/i;

const WORDS: Readonly<Record<Level, readonly string[]>> = {
  debug: ["debug", "trace"],
  info: ["info", "notice"],
  warning: ["warn", "warning", "warnings"],
  error: ["err", "error", "errors", "crit", "critical", "fatal"],
};

/** Words at the end of a name that say nothing of a level. */
const ENDINGS = new Set(["log", "logs", "out", "txt", "json", "jsonl", "ndjson", "messages"]);

/** Its last word: `app.error.log.1` is about errors, and `trace-collector.log.1` need not be about traces alone. */
function levelIn(name: string): Level | undefined {
  const words = unmarkedName(name).replace(/-\d+$/, "").toLowerCase().split(/[._-]/);
  const last = words.findLast((word) => !ENDINGS.has(word)) ?? "";
  return LEVELS.find((level) => WORDS[level].includes(last));
}

const unmarkedName = (name: string): string => name.replace(NUMBER, "").replace(DATE, "");

/**
 * The name of what was compressed: with the time in place of a number, which the program that rotates gives to the next file,
 * and with the level that was found in it.
 * @param changedMs when it was last written to @param again which of several of that name
 */
export function compressedName(
  name: string,
  {
    changedMs,
    level,
    again = 1,
  }: { readonly changedMs: number; readonly level?: Level | undefined; readonly again?: number },
): string {
  const time = new Date(changedMs)
    .toISOString()
    .replace(/\..*/, "")
    .replaceAll(/[-:]/g, "")
    .replace("T", "-");
  const dated = NUMBER.test(name) && !DATE.test(name) ? name.replace(NUMBER, `.${time}`) : name;
  const own = level === undefined || levelIn(name) !== undefined ? "" : `.${level}`;
  return `${dated}${own}${again > 1 ? `-${again}` : ""}.zst`;
}
