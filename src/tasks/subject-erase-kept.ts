/** Erases one person's data from snapshots, wherever each is: tombstones first, then successors, then what was there before goes. */
import { isAbsolute } from "node:path";
import type { Counts } from "../contract/contract.ts";
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { blotting } from "../retention/subjects/spellings.ts";
import type { RecordsOf } from "../retention/tombstones/tag.ts";
import { openTombstones, type Tombstones } from "../retention/tombstones/tombstones.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import type { FileAsked, Rewriting } from "../snapshot/rewrite/rewriting.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { owedReason } from "./owed.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import { bury } from "./subject-bury.ts";
import type { FoundInKept } from "./subject-found.ts";
import { owedOutcome } from "./subject-owed.ts";
import { foundRange } from "./subject-parts.ts";
import type { WholeSearch } from "./subject-search.ts";
import type { StaysOf } from "./subject-stays.ts";
import { stillThere } from "./subject-still-there.ts";
import { knowing, storedRecords } from "./subject-stored.ts";
import { type ReplacedSnapshot, replaceEverywhere } from "./successors.ts";
import type { TaskContext } from "./task/task.ts";

/** Whose data, where it was found, and how encrypted copies are opened. */
interface Plan {
  readonly subject: string;
  readonly search: Pick<WholeSearch, "kept" | "everywhere" | "stays">;
  readonly given: PlacesGiven;
}

/** What became of it. */
interface OfKept {
  readonly outcomes: readonly SubjectOutcome[];
  /** Hashes of the manifests of successors that hold none of it. */
  readonly clean: readonly string[];
}

/** @param event the request's id, which the manifests of successors name */
export async function eraseKept(plan: Plan, context: TaskContext, event: string): Promise<OfKept> {
  using tombstones = openTombstones(context.config);
  const outcomes: SubjectOutcome[] = [];
  const clean: string[] = [];
  for (const found of plan.search.kept) {
    context.signal.throwIfAborted();
    const one = await eraseOne(plan, found, { context, tombstones, event });
    outcomes.push(...one.outcomes);
    clean.push(...one.clean);
  }
  return { outcomes, clean };
}

interface Erasing {
  readonly context: TaskContext;
  readonly tombstones: Tombstones;
  readonly event: string;
}

async function eraseOne(plan: Plan, found: FoundInKept, erasing: Erasing): Promise<OfKept> {
  const { context, tombstones } = erasing;
  const { everywhere } = plan.search;
  try {
    const clean = await bury(context, found, {
      subject: plan.subject,
      tombstones,
      isStaying: stayingIn(found, plan.search.stays),
    });
    const rewriting = rewritingOf(plan, found, erasing);
    const how = { ...plan.given, places: everywhere.places };
    const replaced = await replaceEverywhere(context, found.one, rewriting, how);
    const left = await stillThere(context, found, replaced, { ...plan, clean });
    const { snapshot } = replaced;
    return {
      outcomes: [...doneOf(found, replaced), ...replaced.owed.map(owedOutcome), ...left],
      clean: left.length === 0 && snapshot !== undefined ? [snapshot.manifest.sha256] : [],
    };
  } catch (error) {
    context.signal.throwIfAborted();
    return { outcomes: [owedOutcome({ where: found.one.kept.path, reason: owedReason(error) })], clean: [] };
  }
}

/** Whether the person's records in a file are not removed. */
function stayingIn({ files, stored }: FoundInKept, stays: StaysOf): (of: RecordsOf) => boolean {
  const staying = [...files, ...stored].filter((one) => stays(one.backend, foundRange(one)) !== undefined);
  const keys = new Set(staying.map(({ backend, file }) => `${backend} ${file}`));
  return ({ plugin, file }) => keys.has(`${plugin} ${file}`);
}

/** What goes is what has a tombstone; what has to be kept stays, with what is said of it. */
function rewritingOf(
  { subject, search: { stays } }: Plan,
  found: FoundInKept,
  { context, tombstones, event }: Erasing,
): Rewriting {
  const { files, stored } = found;
  const isStaying = stayingIn(found, stays);
  const named = new Set(files.map(({ backend, file }) => `${backend} ${file}`));
  const all = [...files, ...stored].map(({ backend, file }) => ({ plugin: backend, file }));
  const blocks = new Set(files.flatMap((file) => file.blocks));
  const bytes = new Set(stored.map(({ backend }) => backend));
  return {
    isGone: (of, { content }) =>
      of.kind === "records" &&
      named.has(`${of.plugin} ${of.file}`) &&
      !isStaying(of) &&
      tombstones.isErased({ plugin: of.plugin, file: of.file }, content),
    // Which blocks a file of bytes has is not told by what was found in it.
    ...(bytes.size === 0
      ? { isConcerned: (line: number) => blocks.has(line) }
      : {
          bytes: async ({ plugin, file }: FileAsked, path: string) =>
            bytes.has(plugin) && !isStaying({ plugin, file })
              ? eraseStored(context, { plugin, file, path }, subject)
              : 0,
        }),
    ...(all.some(isStaying) ? {} : { blot: blotting(subject) }),
    erased: { at: now(), event, why: "subject" },
  };
}

async function eraseStored(
  context: TaskContext,
  { plugin, file, path }: { readonly plugin: string; readonly file: string; readonly path: string },
  subject: string,
): Promise<Counts> {
  const knows = knowing(context, plugin);
  if (knows === undefined) return {};
  const found = await Array.fromAsync(storedRecords(knows, { file, path }, subject, context.signal));
  if (found.length === 0) return {};
  const references = found.map(({ reference }) => reference);
  return (await knows.stored.erase({ file, path }, references, context.signal)).counts;
}

const now = (): string => toRfc3339(fromMs(Date.now()));

/** For each place where it is done, by unit, with the hashes before and after. */
function doneOf({ one }: FoundInKept, { counts = {}, done }: ReplacedSnapshot): SubjectOutcome[] {
  const gone = Object.entries(counts);
  return done.flatMap(({ where, was, manifest }) =>
    (gone.length === 0 ? [["lines", 0] as const] : gone).map(
      ([unit, count]): SubjectOutcome => ({
        source: isAbsolute(where) ? "snapshot" : "copy",
        name: `${isAbsolute(was) ? snapshotName(was) : was}, now ${snapshotName(where)}`,
        ...{ unit, count, state: "done", at: now(), was: one.sha256, now: manifest },
      }),
    ),
  );
}
