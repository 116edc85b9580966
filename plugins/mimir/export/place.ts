import { compareLabels, readLabels } from "../line/labels.ts";
import { ownLabels } from "../server/prometheus-settings.ts";
import type { Server } from "../server/server.ts";
import type { WorkOf } from "./cursors.ts";

/** Where an earlier step stopped: tells the series that are done from those that are left. */
export interface Place {
  /** To be asked of each series in turn. */
  isDone(labelBytes: Uint8Array): boolean;
  /** False as long as the series at which it stopped has not come. */
  readonly found: boolean;
}

/** By the series itself: what comes after it is left, in whatever order the server has. */
export function placeBySeries({ after }: WorkOf<"read">): Place {
  const last = after === undefined ? undefined : Buffer.from(after, "base64");
  let found = last === undefined;
  return {
    get found() {
      return found;
    },
    isDone(labelBytes) {
      if (found) return false;
      found = last?.equals(labelBytes) ?? true;
      return true;
    },
  };
}

/** By the order in which servers stream series: where the series itself is not among those that are read, or is gone. */
export async function placeByOrder(
  server: Server,
  { after }: WorkOf<"read">,
  signal: AbortSignal,
): Promise<Place> {
  if (after === undefined) return { found: true, isDone: () => false };
  const own = await ownLabels(server, signal);
  const last = own(readLabels(Buffer.from(after, "base64")).labels);
  return {
    found: true,
    isDone: (labelBytes) => compareLabels(own(readLabels(labelBytes).labels), last) <= 0,
  };
}
