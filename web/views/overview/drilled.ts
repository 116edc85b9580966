/** What the kept reports of drills say of each backend: a drill may be of one backend alone, and says nothing of the others. */
import { counted } from "../../../src/units/words.ts";
import type { ListedDrill } from "../../api/shapes.ts";
import type { Finding } from "./finding.ts";

type Verdict = ListedDrill["backends"][number]["verdict"];

/** A drill, as far as it is about one backend. */
export interface Drilled {
  readonly backend: string;
  readonly verdict: Verdict;
  readonly name: string;
  /** Of the drill, ms since 1970. */
  readonly began: number;
}

/** The newest of each backend with one of these verdicts. @param drills the newest first */
function newestWith(
  drills: readonly ListedDrill[],
  isMeant: (verdict: Verdict) => boolean,
): ReadonlyMap<string, Drilled> {
  const found = new Map<string, Drilled>();
  for (const { name, began = "", backends } of drills)
    for (const { backend, verdict } of backends)
      if (isMeant(verdict) && !found.has(backend))
        found.set(backend, { backend, verdict, name, began: Date.parse(began) });
  return found;
}

/** What a drill found that somebody should know. */
const TEXTS: readonly (readonly [Verdict, Finding["severity"], string])[] = [
  ["different", "error", "The newest drill found something that did not come back as it was saved."],
  ["failed", "error", "The newest drill could not restore something, or not read it back."],
  ["refused", "warning", "The newest drill was refused: its target may be in use."],
  ["partial", "warning", "The newest drill could not restore everything."],
  ["owed", "warning", "The newest drill could not be made: something for it is missing."],
];

/** What the newest drill of each backend has found; what was owed was not tried, and hides nothing. */
export function ofDrills(drills: readonly ListedDrill[]): Finding[] {
  const tried = [...newestWith(drills, (verdict) => verdict !== "owed").values()];
  const owed = [...newestWith(drills, () => true).values()].filter(({ verdict }) => verdict === "owed");
  return [
    ...TEXTS.flatMap(([verdict, severity, text]) =>
      found([...tried, ...owed].filter((one) => one.verdict === verdict)).map((one) => ({
        ...one,
        severity,
        text: `${text} ${one.text}`,
      })),
    ),
    ...unreadable(drills),
  ];
}

/** What is alike is said once. */
function found(all: readonly Drilled[]): Pick<Finding, "text" | "href">[] {
  const [newest] = all.toSorted((a, b) => b.began - a.began);
  if (newest === undefined) return [];
  const names = all.map(({ backend }) => backend).sort();
  return [{ text: `It was of ${names.join(", ")}.`, href: `/drills/${encodeURIComponent(newest.name)}` }];
}

function unreadable(drills: readonly ListedDrill[]): Finding[] {
  const count = drills.filter(({ problem }) => problem !== undefined).length;
  if (count === 0) return [];
  const text = `${counted(count, "report of a drill", "reports of drills")} cannot be read.`;
  return [{ severity: "warning", text, href: "/drills" }];
}

/** Which backends were shown to come back, and which not, each list the oldest drill first. */
interface Proofs {
  /** By servers or scratch places. */
  readonly proved: readonly Drilled[];
  /** By look-alikes alone. */
  readonly rehearsed: readonly Drilled[];
  /** By no drill. */
  readonly without: readonly string[];
}

/** When each backend last came back whole. @param drills the newest first */
export function proofsOf(drills: readonly ListedDrill[], backends: readonly string[]): Proofs {
  const byVerdict = (wanted: Verdict) => newestWith(drills, (verdict) => verdict === wanted);
  const [proved, rehearsed] = [byVerdict("proved"), byVerdict("rehearsed")];
  const inOrder = (all: ReadonlyMap<string, Drilled>, names: readonly string[]): Drilled[] =>
    names.flatMap((name) => all.get(name) ?? []).sort((a, b) => a.began - b.began);
  const others = backends.filter((name) => !proved.has(name));
  return {
    proved: inOrder(proved, backends),
    rehearsed: inOrder(rehearsed, others),
    without: others.filter((name) => !rehearsed.has(name)),
  };
}
