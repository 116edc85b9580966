/** The same schedules for who wants no service: as lines of a crontab, and as timers of systemd. */
import { formatDuration } from "../../units/duration.ts";
import { fromMs } from "../../units/range.ts";
import type { Carried } from "./carried.ts";
import { type CronFields, readCron } from "./fields.ts";

/** A schedule as it is written for others. */
export interface ExportedSchedule {
  readonly name: string;
  readonly task: string;
  readonly cron: string;
  /** As configured; absent: this machine's. */
  readonly zone: string | undefined;
  readonly catchUp: boolean;
  readonly jitterMs: number;
  readonly offsetMs: number;
}

/** What is called, and where. */
interface Program {
  /** Absolute, or a name on the PATH. */
  readonly path: string;
  /** The project's directory. */
  readonly directory: string;
  /** The configuration, if it is not the one that is found there. */
  readonly configFile: string | undefined;
  /** The stack's name. */
  readonly stack: string;
  /** What the configuration says otherwise here, and would there. */
  readonly carried?: Pick<Carried, "settings" | "variables">;
}

/** The words that run a schedule once, and again as often as it says. */
const wordsOf = ({ name }: ExportedSchedule, { path, configFile, carried }: Program): string[] => [
  path,
  ...(configFile === undefined ? [] : ["--config", configFile]),
  ...Object.entries(carried?.settings ?? {}).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  "schedules",
  "run",
  name,
  "--retry",
];

/** Lines of a crontab. @throws RangeError for a path that no crontab can name */
export function crontabText(schedules: readonly ExportedSchedule[], program: Program): string {
  // Lines without a zone come first: CRON_TZ counts for all that follow.
  const named = [...new Set(schedules.flatMap(({ zone }) => zone ?? []))];
  const zones = [undefined, ...named];
  const lines = zones.flatMap((zone) => [
    ...(zone === undefined ? [] : ["", `CRON_TZ=${zone}`]),
    ...schedules.filter((one) => one.zone === zone).flatMap((one) => cronLines(one, program)),
  ]);
  return [`# Schedules of ${program.stack}, from contextcore schedules export`, ...lines, ""].join("\n");
}

const variablesOf = ({ carried }: Program): [string, string][] => Object.entries(carried?.variables ?? {});

function cronLines(one: ExportedSchedule, program: Program): string[] {
  const wait = one.offsetMs < 1_000 ? "" : `sleep ${Math.round(one.offsetMs / 1_000)} && `;
  const variables = variablesOf(program).map(([name, value]) => `${name}=${shellWord(value)}`);
  const words = [...variables, ...wordsOf(one, program).map(shellWord)];
  const command = `cd ${shellWord(program.directory)} && ${wait}${words.join(" ")}`;
  // To cron, a bare % is the end of the line.
  return [`# ${one.name}: ${one.task}`, `${readCron(one.cron).text} ${command.replaceAll("%", "\\%")}`];
}

function shellWord(word: string): string {
  if (/[\n\r]/.test(word))
    throw new RangeError(`no crontab can name ${JSON.stringify(word)}: it has a line break`);
  return /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Files of systemd by their names: a service and its timer for each. @throws RangeError for a path that no unit can name */
export function timerFiles(schedules: readonly ExportedSchedule[], program: Program): Map<string, string> {
  return new Map(
    schedules.flatMap((one) => {
      const unit = `contextcore-${unitName(program.stack)}-${one.name}`;
      return [
        [`${unit}.service`, serviceText(one, program)],
        [`${unit}.timer`, timerText(one, program)],
      ] as const;
    }),
  );
}

/** What systemd takes in the name of a unit. */
const unitName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-|-$/g, "") || "stack";

const serviceText = (one: ExportedSchedule, program: Program): string => `[Unit]
Description=contextcore: ${one.name} (${one.task}) of ${literal(program.stack)}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory=${literal(program.directory)}
${variablesOf(program)
  .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`)
  .join("")}ExecStart=${wordsOf(one, program).map(unitWord).join(" ")}
`;

const timerText = (one: ExportedSchedule, { stack }: Program): string => `[Unit]
Description=contextcore: when ${one.name} of ${literal(stack)} runs

[Timer]
${calendarsOf(readCron(one.cron), one.zone)
  .map((calendar) => `OnCalendar=${calendar}`)
  .join("\n")}
Persistent=${one.catchUp}
${one.jitterMs > 0 ? `RandomizedDelaySec=${formatDuration(fromMs(one.jitterMs))}\nFixedRandomDelay=true\n` : ""}
[Install]
WantedBy=timers.target
`;

/** A text in a unit: % begins a name of systemd's. */
function literal(text: string): string {
  if (/[\n\r]/.test(text))
    throw new RangeError(`no unit can name ${JSON.stringify(text)}: it has a line break`);
  return text.replaceAll("%", "%%");
}

const unitWord = (word: string): string =>
  /^[\w@+=:,./-]+$/.test(word) ? word : quoted(word).replaceAll("$", "$$$$");

const quoted = (text: string): string => `"${literal(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Times as systemd writes them: where a date or a day is enough, two of them. */
export function calendarsOf(fields: CronFields, zone: string | undefined): string[] {
  const { minutes, hours, dates, months, days, isEither } = fields;
  const time = `${listOf(hours, 24)}:${listOf(minutes, 60)}:00${zone === undefined ? "" : ` ${zone}`}`;
  const date = (all: readonly number[]): string => `*-${listOf(months, 12)}-${listOf(all, 31)}`;
  const week = days.length === DAYS.length ? "" : `${days.map((day) => DAYS[day]).join(",")} `;
  if (!isEither) return [`${week}${date(dates)} ${time}`];
  return [`${date(dates)} ${time}`, `${week}${date([])} ${time}`];
}

/** `*` for all of them, and for none. */
const listOf = (numbers: readonly number[], all: number): string =>
  numbers.length === all || numbers.length === 0
    ? "*"
    : numbers.map((number) => String(number).padStart(2, "0")).join(",");
