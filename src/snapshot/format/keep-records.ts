/** Takes single records out of a line of a data file, and leaves the others as they are. */
import type { Json } from "../../plugin/contract.ts";
import { isList, list, type Members, members } from "./record-keys.ts";

/** Asked once for each record of a line, in the order in which `eachRecord` names them. */
export type KeepNext = () => boolean;

/**
 * The line without the records that are not kept: the same text when all are, `undefined` when none is.
 * @throws Error when the line is not what that file holds
 */
export function keepRecords(file: string, text: string, keepNext: KeepNext): string | undefined {
  const keep = KEEP.get(file);
  if (keep === undefined) return keepNext() ? text : undefined;
  let dropped = 0;
  const asked = (): boolean => {
    const kept = keepNext();
    if (!kept) dropped += 1;
    return kept;
  };
  const line: Json = JSON.parse(text);
  const left = keep(asked)(line);
  if (dropped === 0) return text;
  return left === undefined ? undefined : exactJson(left);
}

/** What is left of a value, if anything is. */
type Visit = (value: Json) => Json | undefined;

const record =
  (keepNext: KeepNext): Visit =>
  (value) =>
    keepNext() ? value : undefined;

/** An object with what is left of the items of its list; nothing when none is. */
const within =
  (name: string, visit: Visit): Visit =>
  (value) => {
    const object = members(value);
    const left = list(object[name]).flatMap((item) => {
      const kept = visit(item);
      return kept === undefined ? [] : [kept];
    });
    return left.length === 0 ? undefined : withMembers(object, { [name]: left });
  };

/** By data file; of any other a line is a record. */
const KEEP: ReadonlyMap<string, (keepNext: KeepNext) => Visit> = new Map([
  ["logs.json", (keepNext: KeepNext) => within("streams", within("values", record(keepNext)))],
  [
    "traces.json",
    (keepNext) => within("resourceSpans", within("scopeSpans", within("spans", record(keepNext)))),
  ],
  ["metrics.json", (keepNext) => (value) => keepSamples(members(value), keepNext)],
  ["mimir/exemplars.json", (keepNext) => within("exemplars", record(keepNext))],
]);

/** Samples are told apart by their index, which those that stay change. */
function keepSamples(line: Members, keepNext: KeepNext): Json | undefined {
  const timestamps = list(line.timestamps);
  const kept = timestamps.flatMap((_, index) => (keepNext() ? [index] : []));
  const histograms = list(line.histograms ?? []).filter(() => keepNext());
  const raw = list(line.raw ?? []).filter(() => keepNext());
  if (kept.length + histograms.length + raw.length === 0) return undefined;
  const names = members(line.special ?? {});
  const values = list(line.values);
  const special = kept.flatMap((old, index) => (names[old] === undefined ? [] : [[index, names[old]]]));
  return withMembers(line, {
    timestamps: kept.map((old) => timestamps[old] ?? null),
    values: kept.map((old) => values[old] ?? null),
    special: special.length === 0 ? undefined : Object.fromEntries(special),
    starts: line.starts === undefined ? undefined : keepRuns(list(line.starts), kept),
    histograms: histograms.length === 0 ? undefined : histograms,
    raw: raw.length === 0 ? undefined : raw,
  });
}

/** `[[index, start], …]`, each from its index on, for the indexes that stay. */
function keepRuns(runs: readonly Json[], kept: readonly number[]): Json {
  const pairs = runs.map((run) => list(run).map(Number));
  const left: [number, number][] = [];
  for (const [index, old] of kept.entries()) {
    const [, start = 0] = pairs.findLast(([from = 0]) => from <= old) ?? [];
    if (start !== (left.at(-1)?.[1] ?? 0)) left.push([index, start]);
  }
  return left;
}

/** With other values for some members, in the order that they had. */
const withMembers = (object: Members, changed: Members): Json =>
  Object.fromEntries(
    Object.entries({ ...object, ...changed }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );

/** `JSON.stringify` would lose the sign of minus zero. */
function exactJson(value: Json): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(exactJson).join(",")}]`;
  const texts = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${exactJson(member ?? null)}`,
  );
  return `{${texts.join(",")}}`;
}
