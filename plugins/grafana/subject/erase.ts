/** Deletes annotations that were found, each only if it still says what it said. */
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  fromMs,
  isKind,
  NS_PER_MS,
  PluginError,
} from "contextcore";
import type { Server } from "../server.ts";
import { type Reference, referenceOf, saidBy } from "./find.ts";
import { annotationRows, type Row } from "./rows.ts";

/** Why some of them are still there; `undefined`: they are gone. */
type Obstacle = Pick<ErasureOutcome, "state" | "reason"> | undefined;

/** Erases what was found. @throws PluginError when Grafana cannot be asked what is there */
export async function eraseAnnotations(server: Server, { id, found }: EraseRequest): Promise<EraseAnswer> {
  const outcomes: ErasureOutcome[] = [];
  for (const { reference, count } of found) {
    const { annotations } = referenceOf(reference);
    const there = await rowsOf(server, annotations);
    const obstacles: Obstacle[] = [];
    for (const one of annotations) obstacles.push(await gone(server, one, there.get(one.id)));
    outcomes.push(outcomeOf(obstacles, { count, id }));
  }
  return { outcomes };
}

type Known = Reference["annotations"][number];

/** What is there of them now, by number. */
async function rowsOf(server: Server, known: readonly Known[]): Promise<ReadonlyMap<number, Row>> {
  const ids = new Set(known.map(({ id }) => id));
  const from = fromMs(Math.min(...known.map(({ time }) => time)));
  const to = fromMs(Math.max(...known.map(({ end }) => end))) + NS_PER_MS;
  const there = new Map<number, Row>();
  if (known.length > 0)
    for await (const row of annotationRows(server, { from, to })) if (ids.has(row.id)) there.set(row.id, row);
  return there;
}

async function gone({ http, signal }: Server, known: Known, row: Row | undefined): Promise<Obstacle> {
  if (row === undefined) return undefined;
  if (saidBy(row) !== known.said) return CHANGED;
  try {
    await http.send({ method: "DELETE", path: `/api/annotations/${known.id}`, accept: [404], signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (isKind(error, "refused")) return REFUSED;
    if (!(error instanceof PluginError)) throw error;
    return { state: "owed", reason: `Grafana did not delete them: ${error.message}` };
  }
}

const CHANGED: Obstacle = {
  state: "owed",
  reason: "they say something else since they were found, and are left until they are looked for again",
};
const REFUSED: Obstacle = {
  state: "impossible",
  reason:
    "this account may not delete them: it needs the permission `annotations:delete`, which the role Editor has",
};

function outcomeOf(
  obstacles: readonly Obstacle[],
  { count, id }: { readonly count: number; readonly id: string },
): ErasureOutcome {
  const left = obstacles.filter((one) => one !== undefined);
  const first = left.find(({ state }) => state === "impossible") ?? left[0];
  if (first === undefined) return { state: "erased", count };
  const reason = `${left.length} of ${obstacles.length} stay: ${first.reason}`;
  return { ...first, count, reason: reason.replaceAll(id, "…") };
}
