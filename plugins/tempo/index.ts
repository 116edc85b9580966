import { definePlugin, option, v } from "contextcore";
import { countSpans } from "./count.ts";
import { createExporter } from "./export.ts";
import { takeInventory } from "./inventory.ts";
import { limitsOf } from "./limits.ts";
import { createRestorer } from "./restore/restore.ts";
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
    otlpUrl: option.text(
      "Tempo's OTLP receiver, where a restore writes; default: the host of `url`, port 4318",
    ),
    data: option.text("Tempo's data directory on this machine: its size is then measured"),
  }),
  backend: ({ options, http, clock, limits }) => {
    const { importance, tenant, data, otlpUrl = otlpOf(options.url) } = options;
    const settings = (signal: AbortSignal) => readSettings(http, tenant, signal);
    const fetchTrace = createTraceReader(http);
    const source = { http, fetchTrace, stepBytes: limits.stepBytes };
    return {
      inventory: async (signal) =>
        takeInventory(http, { settings: await settings(signal), importance, now: clock() }, signal),
      size: (signal) => measure(http, { data, settings, now: clock() }, signal),
      export: createExporter({ source, clock, settings }),
      count: async (request, signal) => countSpans(http, await settings(signal), request, signal),
      limits: async (signal) => limitsOf(await settings(signal)),
      restore: createRestorer({ otlp: http.at(otlpUrl), fetchTrace, settings, clock }),
      async flush(signal) {
        // Tempo 3 has no such page: it writes blocks by itself within seconds.
        await http.send({ path: "/flush", accept: [404], signal });
      },
    };
  },
});

/** `http://tempo:3200` -> `http://tempo:4318` */
function otlpOf(url: string): string {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname}:4318`;
}
