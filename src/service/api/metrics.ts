/** How well the stack is saved, for Prometheus. */

import { defineRoute, type Route } from "../listen/route.ts";
import { CONTENT_TYPES, exposed, expositionFor } from "../metrics/exposition.ts";
import type { Service } from "./service.ts";

/** `GET /metrics`. Nobody needs a token on this machine. */
export const metricsRoutes = ({ measure, log }: Pick<Service, "measure" | "log">): Route[] => [
  defineRoute({
    method: "GET",
    path: "/metrics",
    role: "local",
    about: "how well the stack is saved, as metrics in the text format or as OpenMetrics",
    answers: Object.values(CONTENT_TYPES),
    async run({ headers, actor: { request } }) {
      const { families, unreadable } = await measure();
      for (const { source, error } of unreadable)
        log("warn", `nothing is measured of the ${source}: ${error.message}`, { request });
      const format = expositionFor(headers.get("accept"));
      return new Response(exposed(families, format), { headers: { "Content-Type": CONTENT_TYPES[format] } });
    },
  }),
];
