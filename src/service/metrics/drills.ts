/** What the kept reports of drills say of each backend: its last drill, and when it was last proved. */
import type { DrilledBackend } from "../../drill/report.ts";
import { newestDrills } from "../../tasks/kept-drills.ts";

/** The last drill of a backend. */
export interface DrillFigure {
  /** Whether what was saved came back. */
  readonly isSuccess: boolean;
  /** When the drill that it was a part of ended, s since the epoch. */
  readonly ended: number;
  /** When everything last came back from a real server or a scratch place; absent: never. s since the epoch */
  readonly proved?: number;
  readonly seconds: number;
  readonly records?: number;
  readonly restoreSeconds?: number;
}

/** Older reports say nothing of the present. */
const REPORTS_MAX = 200;

/** By backend, what is known of the drills of this project. A report never changes once it is there, so the newest name tells whether there are others. */
export function createDrillReader(project: string): () => ReadonlyMap<string, DrillFigure> {
  let known: { readonly mark: string; readonly figures: ReadonlyMap<string, DrillFigure> } | undefined;
  return () => {
    const { drills: newest, total } = newestDrills(project, 1);
    const mark = `${total} ${newest[0]?.name}`;
    if (known?.mark !== mark) known = { mark, figures: readFigures(project) };
    return known.figures;
  };
}

const OF_A_DRILL: ReadonlySet<DrilledBackend["verdict"]> = new Set([
  "proved",
  "rehearsed",
  "partial",
  "failed",
  "refused",
  "different",
]);
const FAILED: ReadonlySet<DrilledBackend["verdict"]> = new Set(["failed", "refused", "different"]);

function readFigures(project: string): ReadonlyMap<string, DrillFigure> {
  const figures = new Map<string, DrillFigure>();
  for (const kept of newestDrills(project, REPORTS_MAX).drills) {
    if (!("report" in kept)) continue;
    const { began, seconds, backends } = kept.report;
    const ended = Date.parse(began) / 1000 + seconds;
    for (const one of backends.filter(({ verdict }) => OF_A_DRILL.has(verdict)))
      figures.set(one.backend, withOlder(figures.get(one.backend) ?? figureOf(one, ended), one, ended));
  }
  return figures;
}

const figureOf = (
  { verdict, seconds, records, restoreSeconds }: DrilledBackend,
  ended: number,
): DrillFigure => ({
  isSuccess: !FAILED.has(verdict),
  ended,
  seconds,
  ...(records === undefined ? {} : { records }),
  ...(restoreSeconds === undefined ? {} : { restoreSeconds }),
});

const withOlder = (figure: DrillFigure, { verdict }: DrilledBackend, ended: number): DrillFigure =>
  verdict === "proved" && figure.proved === undefined ? { ...figure, proved: ended } : figure;
