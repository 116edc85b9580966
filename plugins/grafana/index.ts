import { definePlugin, objectOf, option, v } from "contextcore";
import { countObjects, splitCount } from "./count.ts";
import { createDashboardStore } from "./dashboard-store.ts";
import { createExporter } from "./export.ts";
import { measure, readLimits, takeInventory } from "./inventory.ts";
import { createRestorer } from "./restore.ts";
import { createServer } from "./server.ts";
import { eraseAnnotations } from "./subject/erase.ts";
import { findAnnotations } from "./subject/find.ts";

// Grafana has organisations, chosen by the credentials, but no tenants: an option that it ignores would mislead.
const { tenant: _, ...server } = option.serverOptions("http://localhost:3000", {
  url: "GRAFANA_URL",
  username: "GRAFANA_USER",
  password: "GRAFANA_PASSWORD",
  token: "GRAFANA_API_KEY",
});

export default definePlugin({
  name: "grafana",
  about: "Grafana: dashboards, folders, data sources, alerting, annotations",
  signals: ["dashboards"],
  importance: "medium",
  tried: ["Grafana 7.5.5", "Grafana 9.3.2"],
  // The rest of its data directory (plugins, images) can be obtained again.
  dataFiles: ["grafana.db", "grafana.db-wal", "grafana.db-shm"],
  options: v.object({
    ...server,
    managed: v.optional(
      v.pipe(
        v.boolean(),
        v.description("Restore objects that provisioning or another tool owns, as ordinary ones"),
      ),
      false,
    ),
    secrets: v.optional(
      v.pipe(
        objectOf(v.string()),
        v.description(
          "Secrets for a restore, by `<uid or name of a data source or contact point>/<field>`; `*` for any",
        ),
        v.metadata({ secret: true }),
      ),
      {},
    ),
  }),
  backend: ({ options, http, clock }) => {
    const at = createServer(http);
    const { token, secrets, managed } = options;
    return {
      inventory: (signal) => takeInventory(at(signal), { token: token !== undefined, now: clock() }),
      size: (signal) => measure(at(signal)),
      export: createExporter(at),
      count: (request, signal) => countObjects(at(signal), request),
      splitCount: (request, signal) => splitCount(at(signal), request),
      limits: (signal) => readLimits(at(signal)),
      dashboards: createDashboardStore(at),
      restore: createRestorer(at, { secrets, managed }),
      find: (request, signal) => findAnnotations(at(signal), request, clock()),
      erase: (request, signal) => eraseAnnotations(at(signal), request),
    };
  },
});
