import { definePlugin, option, v } from "contextcore";
import { createCounter } from "./count.ts";
import { eraseSeries } from "./erasure/erase.ts";
import { expire, findExpired } from "./erasure/expire.ts";
import { findSeries } from "./erasure/find.ts";
import { start, step } from "./export/export.ts";
import { split } from "./export/split.ts";
import { inventory, measure } from "./inventory.ts";
import { limits } from "./limits.ts";
import { createRestorer } from "./restore/restorer.ts";
import { matchersOf } from "./server/queries.ts";
import { createServer, type Server } from "./server/server.ts";
import { listTenants } from "./server/statistics.ts";

export default definePlugin({
  name: "mimir",
  about: "Mimir, Cortex or any Prometheus: metrics",
  signals: ["metrics"],
  importance: "critical",
  tried: ["Mimir 2.6.0", "Mimir 3.0.2", "Prometheus 2.42", "Prometheus 3.5"],
  options: v.object({
    ...option.serverOptions("http://localhost:9009"),
    prefix: v.optional(
      v.pipe(
        v.picklist(["auto", "/prometheus", ""]),
        v.description(
          "Path of the Prometheus API below `url`: /prometheus in Mimir and Cortex, none in Prometheus",
        ),
      ),
      "auto",
    ),
    settle: option.duration(
      "Samples newer than this may still be on their way and are left to the next export",
      "30s",
    ),
  }),
  backend: ({ options, http, clock, limits: { stepBytes } }) => {
    const server = createServer(http, options);
    const { settle } = options;
    const counter = createCounter(server);
    const expiring = { server, count: counter.count, clock };
    return {
      inventory: (signal) => inventory(server, { now: clock() }, signal),
      size: (signal) => measure(server, clock(), signal),
      limits: (signal) => limits(server, signal),
      flush: (signal) => flush(server, signal),
      tenants: (signal) => listTenants(http, signal),
      ...counter,
      export: {
        heeds: ["match"],
        checkMatch: async (match) => void matchersOf(match),
        start: (request, signal) => start(server, request, { settle, now: clock() }, signal),
        step: (cursor, signal) => step(server, cursor, { stepBytes }, signal),
        split: (cursor, signal) => split(server, cursor, signal),
      },
      restore: createRestorer(server, clock),
      find: (request, signal) => findSeries(server, clock, request, signal),
      erase: (request, signal) => eraseSeries(server, clock, request, signal),
      findExpired: (request, signal) => findExpired(expiring, request, signal),
      expire: (request, signal) => expire(expiring, request, signal),
    };
  },
});

/**
 * Asks Mimir's or Cortex' ingesters to write what they hold to the storage, so that a copy of the storage is complete. Queries
 * do not need that. A Prometheus has no such call.
 */
async function flush(server: Server, signal: AbortSignal): Promise<void> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") return;
  const query = { wait: true, tenant: server.tenant };
  await server.http.send({ method: "POST", path: "/ingester/flush", query, signal });
}
