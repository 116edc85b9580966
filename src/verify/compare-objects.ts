/** Compares the objects of a snapshot, such as dashboards and rules, with what a server holds in their place. */
import * as v from "valibot";
import type { Counts, Differing, ObjectComparison, RestoreLine, Restorer } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { createPatience } from "../reconcile/giving-up.ts";
import type { Block } from "../snapshot/format/block.ts";
import { addCounts, countsSchema } from "../snapshot/format/counts.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { given } from "../units/given.ts";
import { inParallel } from "../units/in-parallel.ts";
import { messageOf } from "../units/message-of.ts";
import { visible } from "../units/visible.ts";

/** An object of a snapshot. */
export interface SavedObject {
  /** Its path, as the plugin gave it. */
  readonly file: string;
  readonly block: Block;
}

/** Whether it is an object, which is not tied to a time. */
export const isObjectBlock = (block: Block): boolean => kindOf(block) === "object";

/** An object that is not the same on the server, in words that can be shown. */
const toldObjectSchema = v.object({
  file: v.string(),
  name: v.string(),
  what: v.exactOptional(v.pipe(v.string(), v.description("what differs, or why it could not be compared"))),
});
type ToldObject = v.InferOutput<typeof toldObjectSchema>;

const STATES = ["missing", "equal", "differs", "unknown"] as const;

/** Objects beside the server's, as JSON. */
export const comparedSchema = v.object({
  missingCounts: v.pipe(countsSchema, v.description("the server has none in their place, or only a part")),
  equalCounts: countsSchema,
  differingCounts: v.pipe(countsSchema, v.description("the server has another one in their place")),
  unknownCounts: v.pipe(countsSchema, v.description("could not be compared")),
  objects: v.pipe(
    v.array(v.object({ state: v.picklist(STATES), ...toldObjectSchema.entries })),
    v.description("each that is not equal, by name"),
  ),
});
/** How a snapshot's objects compare with a server's: see {@link comparedSchema}. */
export type ComparedObjects = v.InferOutput<typeof comparedSchema>;

/** What is compared with what, and how the server is asked. */
interface CompareOptions {
  readonly snapshot: Pick<OpenSnapshot, "read">;
  readonly objects: AsyncIterable<SavedObject> | Iterable<SavedObject>;
  readonly compare: NonNullable<Restorer["compare"]>;
  readonly call: ConcurrencyLimit["call"];
  readonly signal: AbortSignal;
}

/** Compares every object, some at once, holding a few. @throws the signal's reason; SnapshotError at a damaged index */
export async function compareObjects(options: CompareOptions): Promise<ComparedObjects> {
  const counts = { missing: {}, equal: {}, differs: {}, unknown: {} };
  const objects: ComparedObjects["objects"] = [];
  const waiting = batchesOf(options);
  const ask = asker(options);
  const work = async (): Promise<void> => {
    for (let next = await waiting.next(); !next.done; next = await waiting.next())
      for (const [stored, compared] of await ask(next.value)) {
        addCounts(counts[compared.state], stored.block.counts);
        if (compared.state !== "equal")
          objects.push({ state: compared.state, file: stored.file, ...toldObject(compared) });
      }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  objects.sort((a, b) => (a.file < b.file ? -1 : 1));
  return {
    missingCounts: counts.missing,
    equalCounts: counts.equal,
    differingCounts: counts.differs,
    unknownCounts: counts.unknown,
    objects,
  };
}

/** A server answers them one after another, so a few of these calls at once keep it busy. */
const AT_ONCE = 4;
const BATCH_MAX = 20;
const BATCH_LENGTH_MAX = 1 << 20;

type Batch = readonly (readonly [SavedObject, RestoreLine])[];

async function* batchesOf({ snapshot, objects, signal }: CompareOptions): AsyncGenerator<Batch> {
  let batch: [SavedObject, RestoreLine][] = [];
  let length = 0;
  for await (const stored of objects) {
    signal.throwIfAborted();
    const line = await textOf(snapshot, stored.block);
    // An object that cannot be read is skipped: `verify` itself reports the damage.
    if (line === undefined) continue;
    batch.push([stored, { file: stored.file, line }]);
    length += line.length;
    if (batch.length < BATCH_MAX && length < BATCH_LENGTH_MAX) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

async function textOf(snapshot: CompareOptions["snapshot"], block: Block): Promise<string | undefined> {
  try {
    const bytes = await snapshot.read(block);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Asks about a batch; if that fails for good, about each object alone. After a few failures the rest is not asked. */
function asker({ compare, call, signal }: CompareOptions): (batch: Batch) => Promise<Answered> {
  const patience = createPatience();
  const ask = async (batch: Batch): Promise<Answered> => {
    const told = patience.reason();
    if (told !== undefined) return unknown(batch, told);
    try {
      const lines = batch.map(([, line]) => line);
      return paired(batch, await call((inner) => compare(lines, inner)));
    } catch (error) {
      signal.throwIfAborted();
      if (batch.length > 1) return (await inParallel(batch, (one) => ask([one]), 1)).flat();
      patience.failed(messageOf(error));
      return unknown(batch, messageOf(error));
    }
  };
  return ask;
}

type Answered = readonly (readonly [SavedObject, ObjectComparison])[];

const unknown = (batch: Batch, what: string): Answered =>
  batch.map(([stored, { file }]) => [stored, { state: "unknown", name: file, what }] as const);

function paired(batch: Batch, answers: readonly (ObjectComparison | undefined)[]): Answered {
  if (answers.length !== batch.length)
    throw new Error(`compare was asked about ${batch.length} objects and answered ${answers.length}`);
  return batch.flatMap(([stored], index) => {
    const answer = answers[index];
    return answer === undefined ? [] : [[stored, answer] as const];
  });
}

const NAME_LENGTH_MAX = 200;
const WHAT_LENGTH_MAX = 500;

/** Its words bounded, and in one line: they come from a server. */
const toldObject = ({ name, what }: Pick<ObjectComparison, "name" | "what">): Omit<ToldObject, "file"> => ({
  name: shown(name, NAME_LENGTH_MAX),
  ...given({ what: what === undefined ? undefined : shown(what, WHAT_LENGTH_MAX) }),
});

/** Makes the words about a differing object safe to show, in the same way. */
export const toldDiffering = ({ name, what }: Differing): Differing => ({
  name: shown(name, NAME_LENGTH_MAX),
  what: shown(what, WHAT_LENGTH_MAX),
});

function shown(text: string, length: number): string {
  const plain = visible(text.toWellFormed());
  return plain.length > length ? `${plain.slice(0, length - 1)}…` : plain;
}

/** The counts of a state, as one. */
export const countOf = (counts: Counts): number => Object.values(counts).reduce((sum, one) => sum + one, 0);
