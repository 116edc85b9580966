/** The trail: its newest events, one event, and whether it is what was recorded. */
import * as v from "valibot";
import { OUTCOMES, VIAS } from "../../audit/format/event.ts";
import { TARGET_TYPES } from "../../audit/format/target-types.ts";
import { trailLinesBackward } from "../../audit/journal/segments.ts";
import { newestOf } from "../../audit/read/query.ts";
import { AUDIT_LIST, AUDIT_SHOW, AUDIT_VERIFY } from "../../results/audit.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { given } from "../../units/given.ts";
import { answerOf, answerText } from "../listen/answer.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import { trailMark } from "../marks.ts";
import { eventsOf } from "./audit-events.ts";
import { exportRoutes } from "./audit-export.ts";
import { eventNumber, limit, moment, words } from "./query.ts";
import type { Service } from "./service.ts";

/** How many events a page of them has at most. */
const PAGE_MAX = 1_000;

const ID = /^[\da-f][\da-f-]{0,35}$/i;

/** `/api/v1/audit` and `/api/export/audit`. */
export const auditRoutes = (service: Service): Route[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/audit",
    role: "viewer",
    about: "the newest events, oldest first",
    query: v.strictObject({
      limit: limit(PAGE_MAX, 50),
      from: v.optional(moment("only events at or after this: RFC 3339, a date, or 24h for that long ago")),
      to: v.optional(moment("only events before this")),
      before: v.optional(
        eventNumber("only events before the one of this number, which is how a reader goes back"),
      ),
      operation: v.optional(v.string()),
      outcome: v.optional(v.picklist(OUTCOMES)),
      user: v.optional(v.pipe(v.string(), v.description("a user, or a token's name"))),
      via: v.optional(v.picklist(VIAS)),
      host: v.optional(v.string()),
      target: v.optional(v.pipe(v.string(), v.description("part of the name of what was affected"))),
      target_type: v.optional(v.picklist(TARGET_TYPES)),
      grep: v.optional(v.pipe(v.string(), v.description("any part of the event's line"))),
    }),
    answers: AUDIT_LIST,
    seconds: 120,
    async run({ query: { limit: most, before, ...filter }, signal }) {
      // The newest ones are at the end of the file; what fits a filter may be anywhere.
      if (Object.keys(filter).length === 0) {
        const { file } = trailPlaces(service.config);
        const bounds = { limit: most, ...given({ before }) };
        const { matches } = newestOf(trailLinesBackward(file, before), bounds);
        return answerOf(AUDIT_LIST, { events: matches.map(({ event }) => event) });
      }
      const flags = words({ limit: String(most), before: before?.toString(), ...filter });
      const events = await Array.fromAsync(eventsOf(service, { flags, turns: service.reading, signal }));
      return answerOf(AUDIT_LIST, { events });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/verify",
    role: "viewer",
    about: "whether the trail is what was recorded: its chain, its checkpoint and every witness",
    answers: AUDIT_VERIFY,
    seconds: 120,
    run: async () => answerText(await service.asking(["audit", "verify"], trailMark(service.config))),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/:id",
    role: "viewer",
    about: "one event, by its id, the beginning of it, or its number; and what began or ended it",
    answers: AUDIT_SHOW,
    seconds: 120,
    async run({ params: { id = "" } }) {
      if (!ID.test(id)) throw new HttpError(404, `there is no event ${id}`);
      return answerText(await service.asking(["audit", "show", id], trailMark(service.config)));
    },
  }),
  ...exportRoutes(service),
];
