import {
  type Cursor,
  type ExportRequest,
  fromMs,
  PluginError,
  type Range,
  type Start,
  type Step,
  v,
} from "contextcore";
import { type Entry, openSource } from "./source.ts";

/** How much of a file goes into one line: a multiple of three, so that base64 needs no padding in between. Bytes. */
const PART = 768 * 1024;

const place = v.object({
  at: v.optional(v.string()),
  offset: v.optional(v.number(), 0),
  from: v.string(),
  to: v.string(),
});
type Place = v.InferOutput<typeof place>;

export async function start(path: string, { range }: ExportRequest, signal: AbortSignal): Promise<Start> {
  for await (const _ of openSource(path).entries(signal)) break;
  return { cursors: [{ from: `${range.from}`, to: `${range.to}` }] };
}

/**
 * The entries from the one named in the cursor on, as far as a step reaches. A file larger than that is cut, and the
 * next cursor says how much of it is done.
 */
export async function step(
  path: string,
  cursor: Cursor,
  { stepBytes, signal }: { stepBytes: number; signal: AbortSignal },
): Promise<Step> {
  const here = v.parse(place, cursor);
  const range = { from: BigInt(here.from), to: BigInt(here.to) };
  const lines: string[] = [];
  const times: bigint[] = [];
  let room = stepBytes;
  for await (const { entry, offset } of following(path, here, signal)) {
    if (room <= 0) return stepOf(lines, times, range, [{ ...cursor, at: entry.name, offset }]);
    if (entry.mtimeMs !== undefined) times.push(fromMs(entry.mtimeMs));
    const line = await lineOf(path, entry, offset);
    lines.push(line);
    room -= line.length;
  }
  return stepOf(lines, times, range, []);
}

interface Part {
  readonly entry: Entry;
  readonly offset: number;
}

/** Each entry within the range, a file as often as it has parts, from the cursor's place on. */
async function* following(
  path: string,
  { at, offset, from, to }: Place,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  let found = at === undefined;
  for await (const entry of openSource(path).entries(signal)) {
    const begin = entry.name === at ? offset : 0;
    found ||= entry.name === at;
    if (!found || !isWithin(entry, { from: BigInt(from), to: BigInt(to) })) continue;
    for (let part = begin; part === begin || part < entry.bytes; part += PART) yield { entry, offset: part };
  }
  if (!found)
    throw new PluginError("not-found", `${path} has no ${at} any more`, { hint: "Begin a new export." });
}

/** What has no time is part of every range. */
export const isWithin = (
  { mtimeMs }: { readonly mtimeMs?: number | undefined },
  { from, to }: Range,
): boolean => mtimeMs === undefined || (fromMs(mtimeMs) >= from && fromMs(mtimeMs) < to);

async function lineOf(path: string, entry: Entry, offset: number): Promise<string> {
  const { bytes, ...described } = entry;
  if (entry.kind !== "file") return `${JSON.stringify(described)}\n`;
  const content = await openSource(path).read(entry.name, offset, Math.min(PART, bytes - offset));
  return `${JSON.stringify({ ...described, bytes, offset, content: Buffer.from(content).toString("base64") })}\n`;
}

function stepOf(
  lines: readonly string[],
  times: readonly bigint[],
  range: Range,
  next: readonly Cursor[],
): Step {
  if (lines.length === 0) return { next };
  const sorted = times.toSorted((a, b) => (a < b ? -1 : 1));
  const [first = range.from] = sorted;
  const last = sorted.at(-1);
  const files = lines.filter((line) => line.includes('"offset":0,')).length;
  const records = {
    file: "example/directory/files.jsonl",
    text: lines.join(""),
    lines: lines.length,
    from: first,
    to: last === undefined ? range.to : last + 1n,
    counts: { files },
  };
  return { records: [records], next };
}
