/** Whether the service runs, and whether everything that it needs is there. */
import { dirname } from "node:path";
import { requireWritableTrail } from "../../audit/journal/writable.ts";
import { loadConfig } from "../../config/load.ts";
import type { ValueOf } from "../../results/result.ts";
import { HEALTH, READY } from "../../results/service.ts";
import { isThere, requireWritable } from "../../storage/entries.ts";
import { freeBytes } from "../../storage/free-space.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import { agreementRefusal, isAgreed } from "../../tasks/task/agreed.ts";
import { errorJson } from "../../terminal/show-error.ts";
import { VERSION } from "../../version.ts";
import { answerOf } from "../listen/answer.ts";
import { defineRoute, type Route } from "../listen/route.ts";
import type { Service } from "./service.ts";

type Check = ValueOf<typeof READY>["checks"][number];

/** With less than that, the trail cannot be written for long. bytes */
const FREE_LEAST = 1_000_000;

/** How long strangers are told the same: looking costs more than asking. ms */
const SAME_MS = 1_000;

/** `GET /api/health` and `GET /api/ready`. Who is nobody hears what is wrong, and not where. */
export function healthRoutes(service: Service): Route[] {
  const toStrangers = forAWhile(() => readyChecks(service));
  return [healthRoute(service, () => problemsOf(service)), readyRoute(service, toStrangers)];
}

/** `GET /api/health`. @param problemsOf what it cannot do at present, in words */
export const healthRoute = (
  { startedAt }: Pick<Service, "startedAt">,
  problemsOf: () => Promise<readonly string[]>,
): Route =>
  defineRoute({
    method: "GET",
    path: "/api/health",
    role: "open",
    about: "whether the service runs, and what it cannot do at present",
    answers: HEALTH,
    async run() {
      const problems = [...(await problemsOf())];
      return {
        status: problems.length === 0 ? ("ok" as const) : ("degraded" as const),
        version: VERSION,
        uptimeSeconds: Math.round((Date.now() - startedAt) / 1_000),
        problems,
      };
    },
  });

async function problemsOf(service: Service): Promise<string[]> {
  const checks = await Promise.all([trailCheck(service), databaseCheck(service)]);
  return checks.flatMap(({ ready, subject }) => (ready ? [] : [`the ${subject} cannot be used`]));
}

const readyRoute = (service: Service, toStrangers: () => Promise<Check[]>): Route =>
  defineRoute({
    method: "GET",
    path: "/api/ready",
    role: "open",
    about: "whether everything that the service needs is there; status 503 if not",
    answers: READY,
    async run({ actor, isLocal }) {
      const isKnown = isLocal || actor.role !== "nobody";
      const all = await (isKnown ? readyChecks(service) : toStrangers());
      const ready = all.every((one) => one.ready);
      const checks = isKnown ? all : all.map((one) => ({ subject: one.subject, ready: one.ready }));
      return answerOf(READY, { ready, checks }, { status: ready ? 200 : 503 });
    },
  });

async function readyChecks(service: Service): Promise<Check[]> {
  const own = await Promise.all([configCheck(service), trailCheck(service), databaseCheck(service)]);
  return [...own, ...(await service.places()).map(placeCheck)];
}

/** Looks once, however many ask meanwhile. */
function forAWhile<Value>(look: () => Promise<Value>): () => Promise<Value> {
  let known: { readonly at: number; readonly value: Promise<Value> } | undefined;
  return () => {
    if (known === undefined || performance.now() - known.at > SAME_MS)
      known = { at: performance.now(), value: look() };
    return known.value;
  };
}

/** Ready if nothing is thrown. */
async function checked(subject: string, look: () => Promise<void> | void): Promise<Check> {
  try {
    await look();
    return { subject, ready: true };
  } catch (error) {
    return { subject, ready: false, ...errorJson(error).error };
  }
}

const placeCheck = ({ place, failure }: Awaited<ReturnType<Service["places"]>>[number]): Check => ({
  subject: place,
  ready: failure === undefined,
  ...failure,
});

/** The file may have changed since the service started: what the next task would find. */
const configCheck = ({ caller }: Service): Promise<Check> =>
  checked("configuration", async () => {
    const standing = await caller.agreementOf(await loadConfig(caller));
    if (!isAgreed(standing)) throw agreementRefusal(standing);
  });

const trailCheck = ({ config, recorder }: Service): Promise<Check> =>
  checked("trail", () => {
    const { file, home } = trailPlaces(config);
    for (const directory of [dirname(file), home].map(nearest)) {
      requireWritable(directory);
      if ((freeBytes(directory) ?? FREE_LEAST) < FREE_LEAST)
        throw new Error(`the disk of ${directory} is full`);
    }
    requireWritableTrail(file, home);
    if (recorder.failure !== undefined) throw new Error(recorder.failure);
  });

/** The directory, or the one that it will be made in. */
const nearest = (directory: string): string =>
  isThere(directory) || dirname(directory) === directory ? directory : nearest(dirname(directory));

const databaseCheck = ({ database, isAlone, launcher }: Service): Promise<Check> =>
  checked("database", () => {
    database.query("SELECT count(*) FROM tokens").get();
    if (launcher.failure !== undefined)
      throw new Error(`a task's state cannot be written: ${launcher.failure}`);
    if (!isAlone()) throw new Error("the service's lock was removed: another service may run");
  });
