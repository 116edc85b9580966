/** How the parts of an export straight into a place are called. */
import { createPlacement, type Placement, type PlacementOptions } from "../../snapshot/write/placement.ts";
import { foldersOf, type SnapshotRequest } from "../../snapshot/write/request.ts";
import { isBookkeeping } from "../format/bookkeeping.ts";

/** How large a part becomes, unless a single block is larger: it is in memory until it is sent. Bytes */
const PART_BYTES = 8 << 20;

/** The placement of one process, or of one attempt at a step. */
export const straightPlacement = (
  request: SnapshotRequest,
  { isTaken = () => false, ...options }: Pick<PlacementOptions, "isTaken" | "attempt">,
): Placement =>
  createPlacement({
    compressed: request.compression === "zstd",
    folders: foldersOf(request),
    fileBytesMax: Math.min(request.fileBytesMax ?? PART_BYTES, PART_BYTES),
    partDigits: 6,
    isTaken: (path) => isTaken(path) || isBookkeeping(path),
    ...options,
  });
