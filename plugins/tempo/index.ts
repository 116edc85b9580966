import { definePlugin, option, v } from "contextcore";
import { countSpans } from "./count.ts";
import { createExporter } from "./export.ts";
import { takeInventory } from "./inventory.ts";
import { limitsOf } from "./limits.ts";
import { readSettings } from "./settings.ts";
import { measure } from "./size.ts";
import { createTraceReader } from "./trace-by-id.ts";

export default definePlugin({
  name: "tempo",
  about: "Tempo: traces",
  signals: ["traces"],
  options: v.object({
    ...option.serverOptions("http://localhost:3200"),
    importance: option.importance("high"),
    data: option.text("Tempo's data directory on this machine: its size is then measured"),
  }),
  backend: ({ options, http, clock, limits }) => {
    const { importance, tenant, data } = options;
    const settings = (signal: AbortSignal) => readSettings(http, tenant, signal);
    const source = { http, fetchTrace: createTraceReader(http), stepBytes: limits.stepBytes };
    return {
      inventory: async (signal) =>
        takeInventory(http, { settings: await settings(signal), importance, now: clock() }, signal),
      size: (signal) => measure(http, { data, settings, now: clock() }, signal),
      export: createExporter({ source, clock, settings }),
      count: async (request, signal) => countSpans(http, await settings(signal), request, signal),
      limits: async (signal) => limitsOf(await settings(signal)),
      async flush(signal) {
        // Tempo 3 has no such page: it writes blocks by itself within seconds.
        await http.send({ path: "/flush", accept: [404], signal });
      },
    };
  },
});
