/** What the stack's servers hold, and the settings that may be shown. */
import { CONFIG_SHOW } from "../../results/config.ts";
import { INVENTORY } from "../../results/inventory.ts";
import { RETENTION_SHOW } from "../../results/retention.ts";
import { answerText } from "../listen/answer.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import { briefMark, configMark } from "../marks.ts";
import type { Service } from "./service.ts";

/** `/api/v1/inventory`, `/api/v1/retention` and `/api/v1/settings`. */
export const inventoryRoutes = ({ asking, config }: Service): Route[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/inventory",
    role: "viewer",
    about:
      "what every backend holds, what expires, and what no snapshot holds; the servers are asked at most twice a minute",
    answers: INVENTORY,
    seconds: 120,
    run: async () => answerText(await asking(["inventory"], briefMark())),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/retention",
    role: "viewer",
    about:
      "what there is of each class of data, when it goes, and where servers do otherwise; the servers are asked at most twice a minute",
    answers: RETENTION_SHOW,
    seconds: 120,
    run: async () => answerText(await asking(["retention", "show"], briefMark())),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/settings",
    role: "viewer",
    about: "every setting in force, and where it comes from; secrets are masked",
    answers: CONFIG_SHOW,
    seconds: 120,
    run: async () => answerText(await asking(["config", "show"], configMark(config))),
  }),
];
