/** Snapshots: which there are, what each holds, what they cover, and in what two differ. */
import * as v from "valibot";
import {
  PLACES,
  SNAPSHOTS_COVERAGE,
  SNAPSHOTS_DIFF,
  SNAPSHOTS_LIST,
  SNAPSHOTS_SHOW,
  type SnapshotsList,
} from "../../results/snapshots.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { placedName } from "../../tasks/snapshots/placed-name.ts";
import { answerText } from "../listen/answer.ts";
import { HttpError } from "../listen/problem.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import { briefMark } from "../marks.ts";
import { placesJson } from "./places.ts";
import type { Service } from "./service.ts";

const placeSchema = v.pipe(
  v.string(),
  v.description("a place of the configuration: what it holds is looked at now"),
);

/** `/api/v1/snapshots`, `/api/v1/coverage` and `/api/v1/places`. */
export function snapshotRoutes({ asking, overview, snapshotsMark, config }: Service): Route[] {
  const list = async (): Promise<SnapshotsList> => JSON.parse(await overview());
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/snapshots",
      role: "viewer",
      about: "the kept snapshots, oldest first, and what they cover",
      query: v.strictObject({ place: v.optional(placeSchema) }),
      answers: SNAPSHOTS_LIST,
      seconds: 120,
      async run({ query: { place } }) {
        if (place === undefined) return answerText(await overview());
        requirePlace(config, place);
        return answerText(await asking(["snapshots", "list", `--place=${place}`], briefMark()));
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/snapshots/:name",
      role: "viewer",
      about: "what one snapshot holds, and what it lacks; `latest` is the newest complete one",
      answers: SNAPSHOTS_SHOW,
      seconds: 120,
      async run({ params: { name = "" } }) {
        const words = ["snapshots", "show", knownName(config, name)];
        return answerText(await asking(words, await snapshotsMark()));
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/snapshots/:name/diff",
      role: "viewer",
      about: "in which records it and another snapshot differ",
      query: v.strictObject({ with: v.pipe(v.string(), v.description("the other one")) }),
      answers: SNAPSHOTS_DIFF,
      seconds: 120,
      async run({ params: { name = "" }, query }) {
        const words = ["snapshots", "diff", knownName(config, name), knownName(config, query.with)];
        return answerText(await asking(words, await snapshotsMark()));
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/coverage",
      role: "viewer",
      about: "which part of each backend's time line the kept snapshots hold, and which gaps there are",
      answers: SNAPSHOTS_COVERAGE,
      seconds: 120,
      run: async () => ({ coverage: (await list()).coverage }),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/places",
      role: "viewer",
      about: "the places for copies, and what is known of the copies there",
      answers: PLACES,
      seconds: 120,
      run: async () => placesJson(config, await list()),
    }),
  ];
}

/** @throws HttpError unless the configuration has it: no path and no URL leads anywhere else */
function requirePlace({ stores }: Service["config"], place: string): void {
  if (Object.hasOwn(stores, place)) return;
  throw new HttpError(404, `there is no place ${place}`, "GET /api/v1/places lists those that there are");
}

/** What names a snapshot here or in a place, and nothing else: a path or a URL would lead anywhere. @throws HttpError */
function knownName(config: Service["config"], text: string): string {
  const { place, name } = placedName(text) ?? { place: undefined, name: text };
  if (name !== "latest" && !SNAPSHOT_NAME.test(name))
    throw new HttpError(
      404,
      `there is no snapshot ${text}`,
      "GET /api/v1/snapshots lists those that are kept",
    );
  if (place !== undefined) requirePlace(config, place);
  return text;
}
