import type { CopyRequest } from "../write/write-copy.ts";

/** Where an export goes, and who makes it. */
export interface StraightOptions extends Pick<CopyRequest, "place" | "form" | "key" | "by" | "now"> {
  /** Aborted when the export is to stop. */
  readonly signal: AbortSignal;
}
