import { definePlugin } from "contextcore";
import { createApi } from "./api.ts";
import { countEntries } from "./count.ts";
import { createExporter } from "./export.ts";
import { takeInventory } from "./inventory.ts";
import { readLimits } from "./limits.ts";
import { options } from "./options.ts";
import { createRestorer } from "./restore.ts";
import { createSink } from "./sink.ts";
import { measure } from "./size.ts";

export default definePlugin({
  name: "loki",
  about: "Loki: logs and their rules; also takes audit events",
  signals: ["logs"],
  options,
  backend: (context) => {
    const api = createApi(context.http);
    const { importance, data, tenant } = context.options;
    return {
      inventory: (signal) => takeInventory(api, { importance, now: context.clock() }, signal),
      size: (signal) => measure(api, { data, now: context.clock() }, signal),
      export: createExporter(api, context),
      count: (request, signal) => countEntries(api, request, signal),
      limits: (signal) => readLimits(api, signal),
      restore: createRestorer(api, { clock: context.clock, tenant }),
      flush: async (signal) => void (await api.send({ method: "POST", path: "/flush", signal })),
    };
  },
  sink: (context) => createSink(createApi(context.http), context.clock),
});
