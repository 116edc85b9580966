/** The kept reports of drills. */
import { type DrillReport, drillNames, readReportOf } from "../drill/report.ts";
import { messageOf } from "../units/message-of.ts";
import { UsageError } from "./task/errors.ts";

/** A kept report, or why it cannot be read. */
type KeptDrill =
  | { readonly name: string; readonly report: DrillReport }
  | { readonly name: string; readonly problem: string };

/** The newest of them, and how many there are. */
export interface KeptDrills {
  readonly drills: readonly KeptDrill[];
  readonly total: number;
}

/** The newest of them. @param project the directory of its configuration */
export function newestDrills(project: string, most: number): KeptDrills {
  const names = drillNames(project);
  return {
    drills: names.slice(0, most).flatMap((name) => keptDrill(project, name) ?? []),
    total: names.length,
  };
}

/** The kept report of this name; `undefined` when there is none. */
export function keptDrill(project: string, name: string): KeptDrill | undefined {
  try {
    const report = readReportOf(project, name);
    return report && { name, report };
  } catch (error) {
    return { name, problem: messageOf(error) };
  }
}

/** The report that is meant: by its name, the beginning of one that no other has, or `latest`. @throws UsageError when there is none */
export function drillMeant(project: string, word: string): DrillReport {
  const names = drillNames(project);
  if (names.length === 0)
    throw new UsageError("no drill has been carried out yet", "contextcore drill carries one out");
  const found = word === "latest" ? names.slice(0, 1) : namesLike(word, names);
  const [name] = found;
  if (found.length > 1)
    throw new UsageError(`${word} may be ${found.slice(0, 3).join(", ")}`, "give more of the name");
  const report = name === undefined ? undefined : readReportOf(project, name);
  if (report !== undefined) return report;
  throw new UsageError(`there is no drill ${word}`, "contextcore drill list shows them");
}

function namesLike(word: string, names: readonly string[]): readonly string[] {
  return names.includes(word) ? [word] : names.filter((name) => name.startsWith(word));
}
