/** The report of a drill: a file of its own below `.contextcore/drills`, by which it is listed and shown. */
import { join } from "node:path";
import * as v from "valibot";
import { countsSchema } from "../snapshot/format/counts.ts";
import { timeSchema } from "../snapshot/format/range-text.ts";
import { entriesIn, isThere } from "../storage/entries.ts";
import { localStorage } from "../storage/local.ts";
import { makeOwnDirectory, namedPath, readOwnText, requireOwnDirectories } from "../storage/own-file.ts";
import { TARGET_KINDS } from "./target-kind.ts";

/**
 * - `proved`: everything came back into a real server or a scratch place
 * - `rehearsed`: the same, but only into the look-alike of its server
 * - `partial`: what came back is equal, but something was refused or could not be read back
 * - `different`: something did not come back as it was saved, or the snapshot is damaged
 * - `failed`: it could not be restored or read back
 * - `refused`: the target may be in use, so nothing was written
 * - `owed`: it could not be begun: the identity, the snapshot or the target is missing
 */
export const VERDICTS = ["proved", "rehearsed", "owed", "partial", "failed", "refused", "different"] as const;
/** One of {@link VERDICTS}. */
export type DrillVerdict = (typeof VERDICTS)[number];

const seconds = (about: string) => v.optional(v.pipe(v.number(), v.minValue(0), v.description(about)));

const sideSchema = v.object({
  counts: countsSchema,
  oldest: v.optional(v.pipe(timeSchema, v.description("when the oldest of it is from"))),
  newest: v.optional(v.pipe(timeSchema, v.description("when the newest of it ends"))),
});

const unitSchema = v.object({
  unit: v.string(),
  more: v.pipe(v.number(), v.description("came back although they were not saved")),
  fewer: v.pipe(v.number(), v.description("were saved and did not come back")),
  changed: v.pipe(v.number(), v.description("objects that came back, and not as they were")),
  both: v.pipe(v.number(), v.description("came back as they were saved")),
});

const backendSchema = v.object({
  backend: v.string(),
  verdict: v.pipe(
    v.picklist(VERDICTS),
    v.description(
      "proved: everything came back; rehearsed: into a look-alike; partial: something was refused or not read back; owed: not begun, since something for it is missing",
    ),
  ),
  reasons: v.pipe(v.array(v.string()), v.description("why it is not proved")),
  notes: v.pipe(v.array(v.string()), v.description("what is worth knowing although nothing differs")),
  snapshots: v.pipe(
    v.array(
      v.object({
        name: v.string(),
        path: v.pipe(v.string(), v.description("absolute; of a copy PLACE:NAME")),
      }),
    ),
    v.description("that were restored together, oldest first"),
  ),
  into: v.optional(
    v.object({
      kind: v.picklist(TARGET_KINDS),
      url: v.optional(v.string()),
      tenant: v.optional(v.string()),
    }),
  ),
  saved: v.optional(sideSchema),
  back: v.optional(v.pipe(sideSchema, v.description("what was read back from the target"))),
  units: v.pipe(v.array(unitSchema), v.description("compared record by record")),
  lostTotal: v.pipe(
    v.number(),
    v.description("damaged blocks of the snapshots; the first are among the reasons"),
  ),
  bytes: v.optional(v.pipe(v.number(), v.description("that were restored"))),
  records: v.optional(v.pipe(v.number(), v.description("that came back as they were saved"))),
  seconds: v.pipe(v.number(), v.description("all of its drill")),
  restoreSeconds: seconds("writing it, until the target counted all of it"),
  readBackSeconds: seconds("reading all of it back"),
  compareSeconds: seconds("comparing it"),
});

/** What a drill found out about one backend. */
export type DrilledBackend = v.InferOutput<typeof backendSchema>;

/** A drill's report, as it is kept and shown. */
export const drillReportSchema = v.object({
  name: v.pipe(v.string(), v.description("of the drill")),
  began: timeSchema,
  seconds: v.pipe(v.number(), v.description("all of it")),
  verdict: v.pipe(v.picklist(VERDICTS), v.description("the worst of its backends'")),
  source: v.optional(
    v.pipe(v.string(), v.description("the place of the snapshots; absent: those that are kept")),
  ),
  recoverySeconds: v.optional(
    v.pipe(
      v.number(),
      v.description(
        "how long it would take at this pace to restore all that came back, one backend after the other",
      ),
    ),
  ),
  backends: v.array(backendSchema),
});
/** See {@link drillReportSchema}. */
export type DrillReport = v.InferOutput<typeof drillReportSchema>;

/** The part of a backend whose drill did not begin, and why. */
export const undrilledPart = ({
  name,
  verdict,
  reason,
}: {
  readonly name: string;
  readonly verdict: DrillVerdict;
  readonly reason: string;
}): DrilledBackend => ({
  backend: name,
  verdict,
  reasons: [reason],
  notes: [],
  snapshots: [],
  units: [],
  lostTotal: 0,
  seconds: 0,
});

/** Whether its restore tells how long a recovery would take: what came back, and from no look-alike. */
export const isMeasured = ({ verdict, into, restoreSeconds }: DrilledBackend): boolean =>
  restoreSeconds !== undefined &&
  (verdict === "proved" || verdict === "partial") &&
  into?.kind !== "look-alike";

/** The worst of them; `owed` where there are none. */
export const worstOf = (verdicts: readonly DrillVerdict[]): DrillVerdict =>
  VERDICTS.findLast((one) => verdicts.includes(one)) ?? "owed";

const folderOf = (project: string): string => join(namedPath(project), ".contextcore", "drills");

const NAME = /^\d{8}-\d{6}(-\d+)?$/;
const FORMAT = 1;
const BYTES_MAX = 16 << 20;

const fileSchema = v.object({ format: v.literal(FORMAT), ...drillReportSchema.entries });

/** Keeps the report, durably. @param project the directory of its configuration */
export async function keepReport(project: string, report: DrillReport): Promise<void> {
  const folder = folderOf(project);
  makeOwnDirectory(namedPath(project), folder);
  const text = `${JSON.stringify({ format: FORMAT, ...report }, null, 2)}\n`;
  await localStorage(folder).write(`${report.name}.json`, text);
}

/** The names of the kept reports, the newest first. */
export function drillNames(project: string): string[] {
  const folder = folderOf(project);
  if (!isThere(folder)) return [];
  requireOwnDirectories(folder);
  return entriesIn(folder)
    .flatMap(({ name, kind }) => (kind === "file" && name.endsWith(".json") ? name.slice(0, -5) : []))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

/** A kept report; `undefined` when there is none of this name. @throws Error when it is damaged */
export function readReportOf(project: string, name: string): DrillReport | undefined {
  const path = join(folderOf(project), `${name}.json`);
  if (!NAME.test(name) || !isThere(path)) return undefined;
  try {
    const { format: _, ...report } = v.parse(fileSchema, JSON.parse(readOwnText(path, BYTES_MAX)));
    return report;
  } catch (cause) {
    throw new Error(`the report ${path} cannot be read`, { cause });
  }
}

/** A name for a drill that begins now: no kept report has it. */
export function newDrillName(project: string, now: Date): string {
  const taken = new Set(drillNames(project));
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stamp : `${stamp}-${number}`;
    if (!taken.has(name)) return name;
  }
}
