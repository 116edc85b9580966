/** Drills: what each has shown, from the reports that are kept. */
import * as v from "valibot";
import { drillNames } from "../../drill/report.ts";
import { DRILL, DRILL_LIST, drillJson, drillsJson, type ListedDrill } from "../../results/drill.ts";
import { drillMeant, keptDrill } from "../../tasks/kept-drills.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import { limit } from "./query.ts";
import type { Service } from "./service.ts";

const LIMIT = 50;
const LIMIT_MAX = 500;

/** A report never changes, so each that can be read is read once: this is asked for again and again. */
function createDrillList() {
  const known = new Map<string, ListedDrill>();
  const listed = (project: string, name: string): readonly ListedDrill[] => {
    const before = known.get(name);
    if (before !== undefined) return [before];
    const kept = keptDrill(project, name);
    if (kept === undefined) return [];
    const { drills } = drillsJson({ drills: [kept], total: 1 });
    if ("report" in kept) for (const one of drills) known.set(name, one);
    return drills;
  };
  return (project: string, most: number) => {
    const names = drillNames(project);
    const drills = names.slice(0, most).flatMap((name) => listed(project, name));
    return { drills, total: names.length };
  };
}

/** `/api/v1/drills`. */
export const drillRoutes = (service: Service, list = createDrillList()): Route[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/drills",
    role: "viewer",
    about: "the drills whose reports are kept, the newest first",
    query: v.strictObject({ limit: limit(LIMIT_MAX, LIMIT) }),
    answers: DRILL_LIST,
    async run({ query: { limit: most } }) {
      return list(service.config.directory, most);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/drills/:name",
    role: "viewer",
    about: "what one drill restored, read back and compared; `latest` is the newest",
    answers: DRILL,
    async run({ params: { name = "" } }) {
      try {
        return drillJson(drillMeant(service.config.directory, name));
      } catch (error) {
        if (error instanceof UsageError) throw new HttpError(404, error.message);
        throw error;
      }
    },
  }),
];
