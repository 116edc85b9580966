import { isKind, toMs, v } from "contextcore";
import { compareBytes } from "../line/labels.ts";
import { matchersOf, type Server, seconds } from "../server/server.ts";
import { namesMatcher, toSelector } from "../wire/matchers.ts";
import { lengthOf, NAMES_LENGTH_MAX } from "../wire/names.ts";
import type { WorkOf } from "./cursors.ts";
import { hint } from "./groups.ts";

/** A metric that takes more steps than this is worth being split: each further step reads again what came before. */
const STEPS_IN_A_ROW = 4;

interface Stopped {
  readonly work: WorkOf<"read">;
  /** The label bytes of the series at which the step stopped. */
  readonly stopped: Uint8Array;
  /** How many series it could hold. */
  readonly read: number;
}

/**
 * What is left of one metric that has far more series than a step can hold, in parts by the values of one of its labels;
 * the last takes the series without any of them. `undefined`: go on where the step stopped.
 */
export async function partsOfMetric(
  server: Server,
  { work, stopped, read }: Stopped,
  signal: AbortSignal,
): Promise<readonly WorkOf<"read">[] | undefined> {
  const { names, part } = work;
  if (names?.length !== 1 || part !== undefined) return undefined;
  const selector = toSelector([...matchersOf(work.match), namesMatcher(names)]);
  const [counted] = (await hint(server, `count(${selector})`, work, signal)) ?? [];
  const steps = (counted?.value ?? 0) / read;
  if (steps <= STEPS_IN_A_ROW) return undefined;
  const label = await mostValued(server, work, selector, signal);
  if (label === undefined) return undefined;
  const rest = { ...work, after: Buffer.from(stopped).toString("base64") };
  const groups = chunksOf(label.values, Math.ceil(label.values.length / Math.ceil(steps * 1.2)));
  return [
    ...groups.map((values) => ({ ...rest, part: { label: label.name, values } })),
    { ...rest, part: { label: label.name, values: label.values, except: true } },
  ];
}

interface LabelValues {
  readonly name: string;
  readonly values: string[];
}

const texts = v.nullable(v.array(v.string()));

/**
 * The metric's label with the most values, as far as they can be named in a cursor. Not every server takes every label's name in
 * a path (`a/b`, `..`): such a label is no choice.
 */
async function mostValued(
  server: Server,
  work: WorkOf<"read">,
  selector: string,
  signal: AbortSignal,
): Promise<LabelValues | undefined> {
  const query = { start: seconds(toMs(work.from)), end: seconds(toMs(work.to) - 1), "match[]": selector };
  const ask = async (path: string) => (await server.api(texts, { path, query, signal })).data ?? [];
  let most: LabelValues | undefined;
  for (const name of await ask("/api/v1/labels")) {
    if (name === "__name__") continue;
    const values = await ask(`/api/v1/label/${encodeURIComponent(name)}/values`).catch(noneIfLost);
    if (values.length > (most?.values.length ?? 1) && lengthOf(values) <= NAMES_LENGTH_MAX)
      most = { name, values };
  }
  return most === undefined ? undefined : { ...most, values: most.values.toSorted(compareBytes) };
}

function noneIfLost(error: unknown): string[] {
  if (isKind(error, "invalid", "not-found")) return [];
  throw error;
}

function chunksOf(values: readonly string[], length: number): string[][] {
  const chunks: string[][] = [];
  for (let start = 0; start < values.length; start += length)
    chunks.push(values.slice(start, start + length));
  return chunks;
}
