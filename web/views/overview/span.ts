/** The part of the time line that is shown, and what of a backend's coverage is seen in it. Times are ms since 1970. */
import type { Coverage } from "../../api/shapes.ts";

/** From when to when. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

type RangeText = Coverage["covered"][number];

const ms = (text: string): number => Date.parse(text);

/** From the first saved moment of any backend until now; undefined: none is saved. */
export function wholeSpan(coverage: readonly Coverage[], nowMs: number): Span | undefined {
  const starts = coverage.flatMap(({ covered }) => (covered[0] === undefined ? [] : [ms(covered[0].from)]));
  const ends = coverage.flatMap(({ covered }) => covered.slice(-1).map(({ to }) => ms(to)));
  if (starts.length === 0) return undefined;
  return { from: Math.min(...starts), to: Math.max(nowMs, ...ends) };
}

/** The gaps with something saved after them: what is newer than all that is saved is only not saved yet. */
export const gapsIn = ({ covered, gaps }: Coverage): RangeText[] => {
  const end = covered.at(-1)?.to ?? "";
  return gaps.filter(({ from }) => ms(from) < ms(end));
};

/** As it stands in the address; undefined where that names none. */
export function readSpan(from: string, to: string): Span | undefined {
  const span = { from: ms(from), to: ms(to) };
  return span.to > span.from ? span : undefined;
}

/** Less than that is nothing to look at. */
const SHORTEST_MS = 60_000;

/** Around the same middle. */
export function zoomed({ from, to }: Span, factor: number): Span {
  const half = Math.max(((to - from) * factor) / 2, SHORTEST_MS / 2);
  const middle = (from + to) / 2;
  return { from: middle - half, to: middle + half };
}

/** A part of a time line as it is drawn. `left` and `width` are shares of the whole width. */
export interface Piece {
  readonly state: "saved" | "gap";
  readonly left: number;
  readonly width: number;
  readonly range: RangeText;
  /** How many ranges lie so near one another that they are drawn as one. */
  readonly count: number;
}

/** Of the width: what is narrower, or nearer to the next, cannot be told apart. */
const FINEST = 1 / 1_500;

/** What is seen of a backend, in order, gaps above what is saved; of ten thousand ranges no more than can be told apart. */
export const piecesOf = ({ covered, gaps }: Coverage, span: Span): Piece[] => [
  ...drawn("saved", covered, span),
  ...drawn("gap", gaps, span),
];

function drawn(state: Piece["state"], ranges: readonly RangeText[], span: Span): Piece[] {
  const length = span.to - span.from;
  const pieces: { state: Piece["state"]; left: number; right: number; range: RangeText; count: number }[] =
    [];
  for (const range of ranges) {
    const left = Math.max(0, (ms(range.from) - span.from) / length);
    const right = Math.min(1, (ms(range.to) - span.from) / length);
    if (right <= 0 || left >= 1) continue;
    const last = pieces.at(-1);
    if (last !== undefined && left - last.right < FINEST) {
      last.right = Math.max(last.right, right);
      last.range = { from: last.range.from, to: range.to };
      last.count += 1;
    } else pieces.push({ state, left, right, range, count: 1 });
  }
  return pieces.map(({ right, ...piece }) => ({ ...piece, width: Math.max(right - piece.left, FINEST) }));
}

/** What is known of a moment, in words. */
export function stateAt({ covered, gaps }: Coverage, at: number): string {
  const holds = ({ from, to }: RangeText): boolean => ms(from) <= at && at < ms(to);
  if (covered.some(holds)) return "saved";
  return gaps.some(holds) ? "a gap: not saved" : "not saved";
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Steps between two marks of the axis. */
const STEPS = [
  ...[MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY],
  ...[28 * DAY, 91 * DAY, 182 * DAY, 364 * DAY, 5 * 364 * DAY],
];
const MARKS_MAX = 6;

/** Marks of the axis, on whole steps of the reader's zone. */
export function ticksOf({ from, to }: Span): { readonly share: number; readonly text: string }[] {
  const length = to - from;
  const step = STEPS.find((one) => length / one <= MARKS_MAX) ?? length / MARKS_MAX;
  const offset = new Date(from).getTimezoneOffset() * MINUTE;
  const format = new Intl.DateTimeFormat(
    undefined,
    step < DAY
      ? { hour: "2-digit", minute: "2-digit", ...(length > DAY ? { month: "short", day: "numeric" } : {}) }
      : { month: "short", day: "numeric", ...(length > 300 * DAY ? { year: "numeric" } : {}) },
  );
  const first = Math.ceil((from - offset) / step) * step + offset;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return Array.from({ length: count }, (_, number) => first + number * step)
    .map((at) => ({ share: (at - from) / length, text: format.format(at) }))
    .filter(({ share }) => share < 0.96);
}
