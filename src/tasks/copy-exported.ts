/** Copies what was just exported to the places of the configuration. */
import type { ExportResult } from "../export/types.ts";
import { messageOf } from "../units/message-of.ts";
import { type CopyReport, copy } from "./copy.ts";
import type { Running } from "./task.ts";

/** What became of the copy to one place. */
interface ExportCopy {
  readonly place: string;
  /** Absent: it failed. */
  readonly report?: CopyReport;
  /** Why it failed. */
  readonly failure?: string;
}

/** What was exported, and where it was copied to. */
export interface Exported extends ExportResult {
  readonly copied: readonly ExportCopy[];
}

/** Copies a snapshot, with what it continues, to each place. One that fails stops neither the others nor the export. */
export async function copiedOf(
  { path, manifest }: ExportResult,
  { config, part, signal }: Running,
): Promise<ExportCopy[]> {
  const copied: ExportCopy[] = [];
  for (const place of manifest.status === "failed" ? [] : config.copies) {
    try {
      signal.throwIfAborted();
      copied.push({ place, report: await part(copy, { snapshot: [path], to: place, chain: true }) });
    } catch (error) {
      copied.push({ place, failure: messageOf(error) });
    }
  }
  return copied;
}
