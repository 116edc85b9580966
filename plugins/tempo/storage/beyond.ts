/** Traces that came lately with old times: where blocks are read, those that are in none of them yet. */
import type { Step } from "contextcore";
import { type TracesWork, wholeOf } from "../cursor.ts";
import type { Source } from "../source.ts";
import { tracesStep } from "../traces.ts";
import type { Storage } from "./storage.ts";

/** Reads the traces of the cursor that no block has with a span in the range: the others are written with their block. */
export async function beyondStep(
  { storage, api }: { readonly storage: Storage; readonly api: Source },
  work: TracesWork,
  signal: AbortSignal,
): Promise<Step> {
  const opened = await storage.open(work.beyond?.blocks ?? "", signal);
  const blocks = opened.filter((block) => block.mayHold(wholeOf(work)));
  const ids: TracesWork["ids"] = [];
  for (const one of work.ids) {
    const rows = await Promise.all(blocks.map((block) => block.rowOf(one[0])));
    if (rows.every((row) => row === undefined)) ids.push(one);
  }
  return ids.length === 0 ? {} : tracesStep(api, { ...work, ids }, signal);
}
