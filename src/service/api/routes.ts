/** Everything that the service answers. A line here adds a resource. */
import { defineRoute, type Route } from "../listen/route.ts";
import { activityRoutes } from "./activity.ts";
import { auditRoutes } from "./audit.ts";
import { drillRoutes } from "./drills.ts";
import { healthRoutes } from "./health.ts";
import { inventoryRoutes } from "./inventory.ts";
import { metricsRoutes } from "./metrics.ts";
import { scheduleRoutes } from "./schedules.ts";
import type { Service } from "./service.ts";
import { sessionRoutes } from "./session.ts";
import { snapshotRoutes } from "./snapshots.ts";
import { taskRoutes } from "./tasks.ts";

/** All routes of a service, and their description. */
export function routesOf(service: Service): Route[] {
  const routes = resources(service);
  return [...routes, descriptionOf(routes)];
}

const resources = (service: Service): Route[] => [
  ...healthRoutes(service),
  ...metricsRoutes(service),
  ...sessionRoutes(service),
  ...taskRoutes(service),
  ...scheduleRoutes(service),
  ...drillRoutes(service),
  ...inventoryRoutes(service),
  ...snapshotRoutes(service),
  ...auditRoutes(service),
  ...activityRoutes(service),
];

/** @param routes all others */
const descriptionOf = (routes: readonly Route[]): Route =>
  defineRoute({
    method: "GET",
    path: "/api/v1/openapi.json",
    role: "open",
    about: "the description of this API, OpenAPI 3.1",
    answers: ["application/json"],
    async run() {
      const { openApi } = await import("./openapi.ts");
      return Response.json(openApi(routes));
    },
  });
