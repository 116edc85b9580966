import { askedOnce, definePlugin, option, singleFlight, v } from "contextcore";
import { countEntries, splitCount } from "./count.ts";
import { findEnds } from "./ends.ts";
import { eraseLines } from "./erasure/erase.ts";
import { expire, findExpired } from "./erasure/expire.ts";
import { findLines } from "./erasure/find.ts";
import { createExporter } from "./export/export.ts";
import { measure, takeInventory } from "./inventory.ts";
import { limitsOf } from "./limits.ts";
import { createRestorer } from "./restore/restore.ts";
import { createApi } from "./server/api.ts";
import { createBorder } from "./server/border.ts";
import { readRetention, readSettings, schemaStart } from "./server/settings.ts";
import { createSink } from "./sink.ts";

const options = v.object({
  ...option.serverOptions("http://localhost:3100"),
  pageSize: option.integer(
    "Entries asked for at once; Loki's own max_entries_limit_per_query is kept to",
    5000,
    {
      min: 1,
      max: 1_000_000,
    },
  ),
  window: option.duration("Length of the windows in which an export is read and counted", "6h", {
    min: "1s",
  }),
  settle: option.duration(
    "Lines newer than this may still be on their way and are left to the next export",
    "30s",
  ),
});

export default definePlugin({
  name: "loki",
  about: "Loki: logs and their rules; also takes audit events",
  signals: ["logs"],
  importance: "high",
  tried: ["Loki 3.4.6", "Loki 3.8"],
  options,
  backend: (context) => {
    const api = createApi(context.http);
    const { tenant } = context.options;
    // The core asks for both at once, so shared answers are requested only once.
    const border = createBorder(api, (signal) => settings(signal), context);
    const settings = askedOnce(async (signal) => {
      const found = await readSettings(api, signal);
      border.heard(found);
      return found;
    });
    const ends = singleFlight(async (signal) => {
      const found = await settings(signal);
      const { retention } = readRetention(found);
      const horizon = { now: context.clock(), retention, since: schemaStart(found) };
      return findEnds(api, border, horizon, signal);
    });
    const searched = {
      ...{ api, border, settings, ends, clock: context.clock },
      ...{ pageSize: context.options.pageSize, stepBytes: context.limits.stepBytes },
    };
    // Lines pushed late from now on count as new data during the export.
    let flushed = false;
    return {
      inventory: (signal) => takeInventory(api, { now: context.clock(), settings, ends, border }, signal),
      size: (signal) => measure(api, ends, signal),
      export: createExporter(api, { border, settings }, context, () => flushed),
      count: (request, signal) => countEntries(api, border, request, signal),
      splitCount: (request, signal) => splitCount(api, request, signal),
      limits: async (signal) => limitsOf(await settings(signal)),
      restore: createRestorer(api, border, { clock: context.clock, tenant, settings }),
      async flush(signal) {
        await api.send({ method: "POST", path: "/flush", signal });
        flushed = true;
      },
      find: (request, signal) => findLines(searched, request, signal),
      erase: (request, signal) => eraseLines(searched, request, signal),
      findExpired: (request, signal) => findExpired(searched, request, signal),
      expire: (request, signal) => expire(searched, request, signal),
    };
  },
  sink: (context) => {
    const api = createApi(context.http);
    const border = createBorder(api, (signal) => readSettings(api, signal), context);
    return createSink(api, border, context.clock);
  },
});
