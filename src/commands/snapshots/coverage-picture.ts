/** Which part of each backend's time line the kept snapshots hold, as a picture of characters. */

import { totalLength } from "../../snapshot/format/ranges.ts";
import type { Coverage } from "../../snapshot/kept/coverage.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { drawTimeline } from "../../terminal/timeline.ts";
import { formatDuration } from "../../units/duration.ts";
import { toRfc3339 } from "../../units/range.ts";

/** `2026-11-20 14:30`, UTC. @param text RFC 3339 */
export const minute = (text: string): string => text.slice(0, 16).replace("T", " ");

const CELLS_LEAST = 36;
const CELLS_MOST = 96;

/** A line for each backend, and below them when the picture begins and ends. As wide as the terminal lets it be. */
export function coverageLines(terminal: Terminal, { whole, backends }: Coverage): string[] {
  if (whole === undefined) return [];
  const { colors } = terminal;
  const said = backends.map(({ gaps }) =>
    gaps.length === 0 ? "no gaps" : `${formatDuration(totalLength(gaps))} in no snapshot`,
  );
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
  return formatTable([{}, {}, {}], [...rows, ["", colors.dim(axis), ""]]);
}

const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => Bun.stringWidth(text)));
