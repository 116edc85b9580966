/** Draws, in characters, which part of each backend's time line the kept snapshots hold. */

import type { BackendCoverage, Coverage } from "../../snapshot/catalog/coverage.ts";
import { totalLength } from "../../snapshot/format/ranges.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { drawTimeline } from "../../terminal/timeline.ts";
import { wrapWords } from "../../terminal/wrap.ts";
import { formatDuration } from "../../units/duration.ts";
import { minute, NS_PER_SECOND, type Range } from "../../units/range.ts";

const CELLS_LEAST = 36;
const CELLS_MOST = 96;

/** Where the sentences stand below the pictures, for lack of room. */
const CELLS_NARROWEST = 10;

/** A line per backend, and below them the start and end of the picture. As wide as the terminal allows. */
export function coverageLines(terminal: Terminal, { whole, backends: shown }: Coverage): string[] {
  if (whole === undefined) return [];
  const { colors } = terminal;
  const backends = shown.map((one) => untilTheEnd(one, whole));
  const said = backends.map((one) => sentence(one, whole));
  const { cells, isBeside } = roomFor(terminal, widest(backends.map(({ backend }) => backend)), widest(said));
  const rows = backends.flatMap(({ backend, covered }, index) => {
    const line = [colors.bold(backend), colors.cyan(drawTimeline(whole, covered, cells))];
    const text = said[index] ?? "";
    return isBeside ? [[...line, text]] : [line, ["", text]];
  });
  const table = formatTable([{}, {}, {}], [...rows, ["", colors.dim(axis(whole, cells))]], terminal.width());
  const legend = LEGEND.flatMap((text) => wrapWords(text, terminal.width(), 0));
  return [...table, "", ...legend.map((line) => colors.dim(line))];
}

function roomFor(terminal: Terminal, names: number, said: number) {
  const columns = Number.isFinite(terminal.width()) ? terminal.width() : terminal.columns();
  const beside = columns - names - said - 4;
  const isBeside = beside >= CELLS_LEAST || !Number.isFinite(terminal.width());
  const room = isBeside ? beside : columns - names - 2;
  const least = isBeside ? CELLS_LEAST : CELLS_NARROWEST;
  return { cells: Math.max(least, Math.min(CELLS_MOST, room)), isBeside };
}

/** The ends of the picture: to the minute, or where that has no room, the dates. */
function axis(whole: Range, cells: number): string {
  const [from, to] = [whole.from, whole.to].map((time) => minute(time)) as [string, string];
  if (cells > from.length + to.length) return from + to.padStart(cells - from.length);
  const [first, last] = [from.slice(0, 10), to.slice(0, 10)];
  return first + last.padStart(Math.max(last.length + 1, cells - first.length));
}

/** The backends of one export end a few moments apart, and the picture shows minutes. */
const APART = 60n * NS_PER_SECOND;

/** Drops a gap at the end that is shorter than this. */
function untilTheEnd(one: BackendCoverage, { to }: Range): BackendCoverage {
  const last = one.gaps.at(-1);
  if (last === undefined || last.to !== to || to - last.from >= APART) return one;
  return { ...one, covered: [...one.covered, last], gaps: one.gaps.slice(0, -1) };
}

/** Gaps count only after the first saved moment: no snapshot knows what the server held before that. */
function sentence({ covered, gaps }: BackendCoverage, { to }: Range): string {
  if (covered.length === 0) return "nothing saved whole";
  const [first] = gaps;
  if (first === undefined) return "no gaps";
  const length = formatDuration(totalLength(gaps));
  return gaps.length === 1 && first.to === to
    ? `the last ${length} not saved yet`
    : `${length} in no snapshot`;
}

const LEGEND = [
  "█ saved   ▒ saved in part   · in no snapshot   ┄ before the first save",
  "Gaps are counted from a backend's first saved moment; contextcore inventory asks whether its server still holds older data.",
] as const;

const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => Bun.stringWidth(text)));
