import { requireRole, seesDashboard } from "./access.ts";
import { fields, json, list, number, refuse, text } from "./reply.ts";
import { type Call, queryNumber, type Routes, type Server } from "./router.ts";
import type { Annotation, Fields } from "./store.ts";

const DEFAULT_LIMIT = 100;

export const annotationRoutes: Routes = {
  "GET /api/annotations": find,
  "POST /api/annotations": (call) => {
    requireRole(call.account, "Editor", "annotations:create");
    return json({ message: "Annotation added", id: add(call).id });
  },
  "DELETE /api/annotations/:id": (call) => {
    requireRole(call.account, "Editor", "annotations:delete");
    const { annotations } = call.server.store;
    const at = annotations.findIndex(({ id }) => id === Number(call.params.id));
    if (at < 0) throw refuse(404, "Annotation not found");
    annotations.splice(at, 1);
    return json({ message: "Annotation deleted" });
  },
};

/**
 * Those that overlap `[from, to]`, both ends included, newest end first, cut at the limit without a word.
 * Without both `from` and `to` above 0 the time does not count.
 */
function find({ server, query, account }: Call): Response {
  const from = queryNumber(query, "from");
  const to = queryNumber(query, "to");
  const timed = from > 0 && to > 0;
  const found = server.store.annotations
    .filter((one) => !timed || (one.time <= to && one.timeEnd >= from))
    .filter(({ alertId }) => !query.has("type") || (query.get("type") === "alert") === alertId > 0)
    .filter((one) => visibleOn(server, one.dashboardUID, account))
    .sort((a, b) => b.timeEnd - a.timeEnd || b.time - a.time);
  return json(found.slice(0, queryNumber(query, "limit") || DEFAULT_LIMIT).map((one) => shown(one, server)));
}

function visibleOn(server: Server, dashboardUid: string, account: Call["account"]): boolean {
  const dashboard = server.store.dashboards.get(dashboardUid);
  return dashboard === undefined || seesDashboard(account, dashboard);
}

const shown = (one: Annotation, server: Server): Fields => ({
  ...one,
  dashboardId: server.store.dashboards.get(one.dashboardUID)?.id ?? 0,
  // Before 9 only the number is there, and taken.
  dashboardUID: server.major < 9 ? undefined : one.dashboardUID || null,
  userId: 1,
  login: "admin",
  email: "admin@localhost",
  avatarUrl: "/avatar/46d229b033af06a191ff2267bca9ae56",
});

/** As Grafana's `ParseTagPairs`: trimmed, at most two parts, each once. */
function keptTags(tags: readonly string[]): string[] {
  const kept = tags.flatMap((tag) => {
    const [key = "", value = ""] = tag.split(":").map((part) => part.trim());
    if (key === "") return [];
    return value === "" ? [key] : [`${key}:${value}`];
  });
  return [...new Set(kept)];
}

const numbered = ({ store }: Server, number: number): string =>
  [...store.dashboards.values()].find(({ id }) => id === number)?.uid ?? "";

function add({ server, body }: Call): Annotation {
  const content = text(body.text);
  if (content === "")
    throw refuse(400, "Failed to save annotation", { error: "text field should not be empty" });
  const dashboardUID =
    server.major < 9 ? numbered(server, number(body.dashboardId)) : text(body.dashboardUID);
  if (dashboardUID !== "" && !server.store.dashboards.has(dashboardUID))
    throw refuse(404, "Dashboard not found");
  const now = Number(server.now() / 1_000_000n);
  const start = number(body.time) || now;
  const end = number(body.timeEnd) || start;
  const annotation: Annotation = {
    id: server.store.nextId(),
    alertId: 0,
    alertName: "",
    dashboardUID,
    panelId: number(body.panelId),
    newState: "",
    prevState: "",
    time: Math.min(start, end),
    timeEnd: Math.max(start, end),
    text: content,
    tags: keptTags(list(body.tags).map(String)),
    data: fields(body.data),
    created: now,
    updated: now,
  };
  server.store.annotations.push(annotation);
  return annotation;
}
