/** A trace of which blocks have parts, made whole: with what is in no block yet, or in a damaged one. */
import { given, isFault, isKind, PluginError } from "contextcore";
import { type ScannedTrace, scanTrace } from "../otlp/scan.ts";
import type { IdLists } from "./blocks.ts";
import type { BlockWork, Source } from "./cursor.ts";
import type { LiveMemory } from "./plan.ts";
import { type ReadTrace, readOnce } from "./traces.ts";

/** Where a trace is looked up that a block has only a part of. */
export interface WholeSource extends IdLists {
  readonly api: Source;
  readonly live: LiveMemory;
}

interface Completed {
  /** Absent: it is newer. */
  readonly trace?: ScannedTrace;
  /** It reaches beyond what is in blocks, and the live stores do not tell which of its spans they hold. */
  readonly isNewer?: true;
  /** Why spans that are in no block may be missing. */
  readonly lacks?: string;
}

/** The problem of a trace of which something is missing; the server's reason follows. */
export const LACKING = "Blocks have only a part of these traces, and Tempo does not give the rest";
const NOTHING_BY_ID = "it gives nothing when they are read by id";

/** A trace that a block has. */
interface Stored {
  readonly id: string;
  readonly parts: readonly Uint8Array[];
  /** Whether a block has more of it that is damaged. */
  readonly isTorn: boolean;
}

/** The whole trace, with what the API adds where a span may be in no block yet, or in a damaged one. */
export async function complete(
  source: WholeSource,
  work: BlockWork,
  { id, parts, isTorn }: Stored,
  signal: AbortSignal,
): Promise<Completed> {
  const stored = scanTrace(parts);
  if (isNewer(stored, work)) return { isNewer: true };
  if (!isTorn && !(await mayHaveMore(source, work, { id, stored }, signal))) return { trace: stored };
  const read = await readRest(source.api, id, signal);
  if (read instanceof PluginError) return { trace: stored, lacks: read.message };
  if (!work.all && isNewer(read.trace, work)) return { isNewer: true };
  const nothing = isTorn && read.trace.spans.length === 0 ? NOTHING_BY_ID : undefined;
  return { trace: scanTrace([...parts, read.bytes]), ...given({ lacks: read.partial ?? nothing }) };
}

/** A trace that cannot be read by id, twice, must not cost the others of its block. */
async function readRest(api: Source, id: string, signal: AbortSignal): Promise<ReadTrace | PluginError> {
  const once = (): Promise<ReadTrace | PluginError> =>
    readOnce(api, id, signal).catch((error: unknown) => {
      if (isFault(error) || isKind(error, "too-large", "invalid")) return error;
      throw error;
    });
  const first = await once();
  return first instanceof PluginError ? once() : first;
}

/** Whether a span may be in no block yet: by what the live stores held, otherwise by what searches list. */
async function mayHaveMore(
  { live, recentIds, lateIds }: WholeSource,
  { blocks, recent, wholeFrom, wholeTo, ...work }: BlockWork,
  { id, stored }: { readonly id: string; readonly stored: ScannedTrace },
  signal: AbortSignal,
): Promise<boolean> {
  const known = work.live && live.of(blocks);
  if (known) return known.hasMore(id, stored.spans);
  const border = recent < wholeTo ? recent : wholeTo;
  if (border < wholeTo && (await recentIds({ from: border, to: wholeTo }, signal)).has(id)) return true;
  return wholeFrom < border && (await lateIds({ from: wholeFrom, to: border }, signal)).has(id);
}

const isNewer = ({ spans }: ScannedTrace, { live, recent, wholeTo }: BlockWork): boolean =>
  !live && spans.some(({ from, to }) => to >= recent && from < wholeTo);
