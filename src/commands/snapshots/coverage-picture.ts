/** Draws, in characters, which part of each backend's time line the kept snapshots hold. */

import type { BackendCoverage, Coverage } from "../../snapshot/catalog/coverage.ts";
import { totalLength } from "../../snapshot/format/ranges.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { drawTimeline } from "../../terminal/timeline.ts";
import { wrapWords } from "../../terminal/wrap.ts";
import { formatDuration } from "../../units/duration.ts";
import { NS_PER_SECOND, type Range, toRfc3339 } from "../../units/range.ts";

/** `2026-11-20 14:30`, UTC. @param text RFC 3339 */
export const minute = (text: string): string => text.slice(0, 16).replace("T", " ");

const CELLS_LEAST = 36;
const CELLS_MOST = 96;

/** A line per backend, and below them the start and end of the picture. As wide as the terminal allows. */
export function coverageLines(terminal: Terminal, { whole, backends: shown }: Coverage): string[] {
  if (whole === undefined) return [];
  const { colors } = terminal;
  const backends = shown.map((one) => untilTheEnd(one, whole));
  const said = backends.map((one) => sentence(one, whole));
  const names = backends.map(({ backend }) => backend);
  const room = terminal.columns() - widest(names) - widest(said) - 4;
  const cells = Math.max(CELLS_LEAST, Math.min(CELLS_MOST, room));
  const rows = backends.map(({ backend, covered }, index) => [
    colors.bold(backend),
    colors.cyan(drawTimeline(whole, covered, cells)),
    said[index] ?? "",
  ]);
  const [from, to] = [minute(toRfc3339(whole.from)), minute(toRfc3339(whole.to))];
  const axis = from + to.padStart(cells - from.length);
  const table = formatTable([{}, {}, {}], [...rows, ["", colors.dim(axis), ""]]);
  const legend = LEGEND.flatMap((text) => wrapWords(text, terminal.width(), 0));
  return [...table, "", ...legend.map((line) => colors.dim(line))];
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
  if (covered.length === 0) return "no time held whole";
  const [first] = gaps;
  if (first === undefined) return "no gaps";
  const length = formatDuration(totalLength(gaps));
  return gaps.length === 1 && first.to === to
    ? `the last ${length} not saved yet`
    : `${length} in no snapshot`;
}

const LEGEND = [
  "█ saved   ▒ saved in part   · in no snapshot   ┄ before the first save",
  "Gaps are told from a backend's first saved moment on; contextcore inventory asks whether its server still holds older data.",
] as const;

const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => Bun.stringWidth(text)));
