import { requireServerAdmin } from "./access.ts";
import { json } from "./reply.ts";
import type { Routes } from "./router.ts";

export const adminRoutes: Routes = {
  "GET /api/admin/stats": ({ account, server }) => {
    requireServerAdmin(account);
    const { store } = server;
    return json({
      orgs: 1,
      dashboards: store.dashboards.size,
      snapshots: 0,
      tags: 0,
      datasources: store.dataSources.size,
      playlists: store.playlists.size,
      stars: 0,
      alerts: store.rules.size,
      users: 1,
      admins: 1,
      editors: 0,
      viewers: 0,
    });
  },
  "GET /api/org": () => json({ id: 1, name: "Main Org.", address: {} }),
  "GET /api/frontend/settings": ({ server }) =>
    json({
      namespace: "default",
      buildInfo: { version: server.version, commit: "0000000", edition: "Open Source" },
      anonymousEnabled: false,
    }),
};
