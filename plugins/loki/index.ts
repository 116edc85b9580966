import { definePlugin } from "contextcore";
import { createApi } from "./api.ts";
import { askedOnce } from "./at-once.ts";
import { createBorder } from "./border.ts";
import { countEntries } from "./count.ts";
import { findEnds } from "./ends.ts";
import { createExporter } from "./export.ts";
import { takeInventory } from "./inventory.ts";
import { readLimits } from "./limits.ts";
import { options } from "./options.ts";
import { createRestorer } from "./restore.ts";
import { readRetention, schemaStart } from "./retention.ts";
import { readSettings } from "./settings.ts";
import { createSink } from "./sink.ts";
import { measure } from "./size.ts";

export default definePlugin({
  name: "loki",
  about: "Loki: logs and their rules; also takes audit events",
  signals: ["logs"],
  importance: "high",
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
    const ends = askedOnce(async (signal) => {
      const found = await settings(signal);
      const { retention } = readRetention(found);
      const horizon = { now: context.clock(), retention, since: schemaStart(found) };
      return findEnds(api, border, horizon, signal);
    });
    // Lines pushed late from now on count as new data during the export.
    let flushed = false;
    return {
      inventory: (signal) => takeInventory(api, { now: context.clock(), settings, ends, border }, signal),
      size: (signal) => measure(api, ends, signal),
      export: createExporter(api, { border, settings }, context, () => flushed),
      count: (request, signal) => countEntries(api, border, request, signal),
      limits: (signal) => readLimits(api, signal),
      restore: createRestorer(api, border, { clock: context.clock, tenant }),
      async flush(signal) {
        await api.send({ method: "POST", path: "/flush", signal });
        flushed = true;
      },
    };
  },
  sink: (context) => {
    const api = createApi(context.http);
    const border = createBorder(api, (signal) => readSettings(api, signal), context);
    return createSink(api, border, context.clock);
  },
});
