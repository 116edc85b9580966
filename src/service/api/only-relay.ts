/** What a service answers that only takes runs in. */
import type { Database } from "bun:sqlite";
import type { ActivityLog } from "../../activity/log.ts";
import { READY } from "../../results/service.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { answerOf } from "../listen/answer.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import type { Measured } from "../metrics/metrics.ts";
import { recordRoute } from "./activity.ts";
import { healthRoute } from "./health.ts";
import { metricsRoutes } from "./metrics.ts";
import type { Service } from "./service.ts";

/** A service without tasks, a trail and schedules. */
interface RelayService extends Pick<Service, "log" | "startedAt"> {
  readonly activity: ActivityLog;
  /** Of the tokens. */
  readonly database: Database;
  measure(): Promise<Measured>;
}

/** Its routes. Calls go through where runs cannot be written: then it is degraded, and ready. */
export const onlyRelayRoutes = (service: RelayService): Route[] => [
  healthRoute(service, async () => [
    ...(tokensFailure(service) === undefined ? [] : ["the database of tokens cannot be used"]),
    ...(service.activity.state().failure === undefined ? [] : ["runs cannot be written"]),
  ]),
  defineRoute({
    method: "GET",
    path: "/api/ready",
    role: "open",
    about: "whether requests can be let in; status 503 if not",
    answers: READY,
    async run({ isLocal, actor }) {
      const failure = tokensFailure(service);
      const ready = failure === undefined;
      const message = isLocal || actor.role !== "nobody" ? failure : undefined;
      const checks = [{ subject: "database", ready, ...given({ message }) }];
      return answerOf(READY, { ready, checks }, { status: ready ? 200 : 503 });
    },
  }),
  ...metricsRoutes(service),
  recordRoute(service),
];

function tokensFailure({ database }: RelayService): string | undefined {
  try {
    database.query("SELECT count(*) FROM tokens").get();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
