import { v } from "contextcore";
import { ifShown } from "./api.ts";
import type { Server } from "./server.ts";

/** What Mimir and Cortex say of a tenant. */
export interface UserStats {
  /** The series in memory: those that are written now. */
  readonly numSeries: number;
  /** Samples a second; 0 where it is not said. */
  readonly ingestionRate: number;
}

const schema = v.object({ numSeries: v.number(), ingestionRate: v.optional(v.number(), 0) });

/** `undefined` where the server does not show it. */
export const userStats = (server: Server, signal: AbortSignal): Promise<UserStats | undefined> =>
  ifShown(server.http.json(schema, { path: "/api/v1/user_stats", signal }));
