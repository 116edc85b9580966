/**
 * Cron's five fields as the numbers that they stand for: what every cron understands, and no more, so that the same text can be
 * written into a crontab, and as a timer of systemd.
 */

/** The numbers of each field; `days` are of the week, from 0 for Sunday. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly dates: readonly number[];
  readonly months: readonly number[];
  readonly days: readonly number[];
  /** Whether a date or a day is enough: cron's rule where both are limited. */
  readonly isEither: boolean;
  /** The five fields, with nicknames written out. */
  readonly text: string;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** The first stands for `from`, or for 1 of the months. */
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of the month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, names: MONTHS },
  { name: "day of the week", from: 0, to: 7, names: DAYS },
];

/** @throws RangeError saying which field is wrong */
export function readCron(written: string): CronFields {
  const text = NICKNAMES[written.trim().toLowerCase()] ?? written.trim().replace(/\s+/g, " ");
  const parts = text.split(" ");
  if (parts.length !== FIELDS.length || text === "")
    throw new RangeError(
      `not cron's five fields, minute, hour, day of the month, month and day of the week: ${JSON.stringify(written)}`,
    );
  const [minutes = [], hours = [], dates = [], months = [], days = []] = FIELDS.map((field, index) =>
    numbersOf(parts[index] ?? "", field),
  );
  const [, , ofMonth = "*", , ofWeek = "*"] = parts;
  const isEither = ofMonth !== "*" && ofWeek !== "*";
  if (isEither && (ofMonth.startsWith("*") || ofWeek.startsWith("*")))
    throw new RangeError(
      "crons differ in what a step (*/2) in one field of days means beside a limit in the other; list the days",
    );
  return { minutes, hours, dates, months, days: unique(days.map((day) => day % 7)), isEither, text };
}

const unique = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);

const numbersOf = (text: string, field: Field): number[] =>
  unique(text.split(",").flatMap((part) => rangeOf(part, field)));

const RANGE = /^(?:\*|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:\/(\d{1,2}))?$/i;

/** `*`, `5`, `1-5`, steps or `8-18/2`. */
function rangeOf(part: string, field: Field): number[] {
  const found = RANGE.exec(part);
  if (found === null) throw wrong(part, field);
  const [, first, last, step] = found;
  const isSingle = first !== undefined && last === undefined;
  if (isSingle && step !== undefined) throw wrong(part, field);
  const from = first === undefined ? field.from : numberOf(first, part, field);
  const to = last === undefined ? (isSingle ? from : lastOf(field)) : numberOf(last, part, field);
  const by = step === undefined ? 1 : Number(step);
  if (from > to || by < 1) throw wrong(part, field);
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

/** Sunday is 0 already. */
const lastOf = ({ to }: Field): number => (to === 7 ? 6 : to);

function numberOf(text: string, part: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named < 0 ? Number(text) : named + (field.names === MONTHS ? 1 : 0);
  if (!(value >= field.from && value <= field.to)) throw wrong(part, field);
  return value;
}

const wrong = (part: string, { name, from, to }: Field): RangeError =>
  new RangeError(`${JSON.stringify(part)} is no ${name} (${from} to ${to})`);
