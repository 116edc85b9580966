/** Copies what was just exported to the places of the configuration. */
import type { ExportResult } from "../export/types.ts";
import { messageOf } from "../units/message-of.ts";
import { type CopyReport, copy } from "./copy.ts";
import type { Running } from "./task/task.ts";

/** What became of the copy to one place. */
interface ExportCopy {
  readonly place: string;
  /** Absent: it failed. */
  readonly report?: CopyReport;
  /** Why it failed. */
  readonly failure?: string;
}

/** What was exported, and where it was copied to. */
export interface Exported extends Pick<ExportResult, "manifest" | "copy"> {
  /** The snapshot, as of {@link ExportResult}. Absent: no backend could be asked for anything, so none was made. */
  readonly path?: string;
  readonly copied: readonly ExportCopy[];
}

/** Copies a snapshot, with what it continues, to each place but that in which it lies. One that fails stops neither the others nor the export. */
export async function copiedOf(
  { path }: Pick<Exported, "path">,
  { config, part, signal }: Running,
  own?: string,
): Promise<ExportCopy[]> {
  const copied: ExportCopy[] = [];
  const places = config.copies.filter((place) => place !== own);
  if (path === undefined) return copied;
  for (const place of places) {
    try {
      signal.throwIfAborted();
      copied.push({ place, report: await part(copy, { snapshot: [path], to: place, chain: true }) });
    } catch (error) {
      copied.push({ place, failure: messageOf(error) });
    }
  }
  return copied;
}
