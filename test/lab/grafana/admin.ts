import { requireRole, requireServerAdmin } from "./access.ts";
import { json, refuse } from "./reply.ts";
import type { Routes, Server } from "./router.ts";
import type { Fields } from "./store.ts";

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
  "GET /api/org/quotas": ({ account, server }) => {
    requireRole(account, "Admin", "orgs.quotas:read");
    if (server.quotas === undefined)
      throw server.major < 9 ? refuse(404, "Quotas not enabled") : refuse(500, "failed to get quota");
    return json(Object.keys(KINDS).map((target) => quota(server, target)));
  },
  "GET /api/frontend/settings": ({ server }) =>
    json({
      namespace: "default",
      buildInfo: { version: server.version, commit: "0000000", edition: "Open Source" },
      anonymousEnabled: false,
      datasources: Object.fromEntries(
        [
          ...BUILT_IN,
          ...[...server.store.dataSources.values()].map(({ uid, name, type }) => ({ uid, name, type })),
        ].map((one) => [one.name, { meta: {}, ...one }]),
      ),
    }),
};

/** Part of every Grafana, and of no list of data sources. */
const BUILT_IN = ["-- Dashboard --", "-- Grafana --", "-- Mixed --"].map((name) => ({
  uid: name,
  name,
  type: "datasource",
  meta: { builtIn: true },
}));

/** What quotas count. */
const KINDS = {
  org_dashboard: ({ store }: Server) => store.dashboards.size,
  org_data_source: ({ store }: Server) => store.dataSources.size,
  org_alert_rule: ({ store }: Server) => store.rules.size,
} as const;

const quota = (server: Server, target: string): Fields => ({
  org_id: 1,
  target,
  limit: server.quotas?.[target] ?? -1,
  used: used(server, target),
});

const used = (server: Server, target: string): number =>
  Object.entries(KINDS).find(([kind]) => kind === target)?.[1](server) ?? 0;

/** @throws Refusal 403 when there may be no more of this kind. */
export function checkQuota(server: Server, target: keyof typeof KINDS): void {
  const limit = server.quotas?.[target];
  if (limit !== undefined && limit >= 0 && used(server, target) >= limit) throw refuse(403, "Quota reached");
}
