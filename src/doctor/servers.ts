/** Each backend and sink: does it answer, as what, and what will it clamp or refuse? */

import type { Limit } from "../contract/contract.ts";
import type { OpenBackend, OpenSink } from "../host/open.ts";
import { sameServers } from "../host/same-server.ts";
import { adviceFor, conditionText } from "../inventory/condition.ts";
import type { Missing, Reached, Finding as Surveyed } from "../inventory/survey.ts";
import { formatDuration } from "../units/duration.ts";
import { listed } from "../units/words.ts";
import { type Finding, problemOf } from "./finding.ts";

/** What the survey found of every backend, in its order, and the limits of those that answered. */
export async function examineBackends(
  surveyed: readonly Surveyed[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = surveyed.map(async (one) => {
    if (one.state !== "reached") return [missing(one)];
    return [answered(one), ...(await limitsOf(one, signal))];
  });
  return (await Promise.all(findings)).flat();
}

/** Those that lead to the same data, which is then saved twice. */
export const examineInstances = (backends: readonly OpenBackend[]): Finding[] =>
  sameServers(backends).map((names) => ({
    about: names[0] ?? "",
    state: "warning",
    what: `${listed(names)} are the same server and tenant: each saves all of it once more`,
    hint: "Leave one of them out, or give each a tenant of its own.",
  }));

function missing(one: Missing): Finding {
  const { name, state, error } = one;
  const { what, hint = adviceFor(state, one), ...finding } = problemOf(name, error);
  const told = state === "failed" ? what : `${conditionText(state, name)}: ${what}`;
  return { ...finding, what: told, ...(hint === undefined ? {} : { hint }) };
}

function answered({ name, open, inventory }: Reached): Finding {
  const { serverVersion, retention } = inventory;
  const version = serverVersion === undefined ? "" : `, version ${serverVersion}`;
  const kept = typeof retention === "bigint" ? `, keeps data for ${formatDuration(retention)}` : "";
  const place = open.url === undefined ? "" : ` at ${open.url}`;
  return { about: name, state: "ok", what: `answers${place}${version}${kept}` };
}

async function limitsOf({ name, open }: Reached, signal: AbortSignal): Promise<Finding[]> {
  try {
    return ((await open.backend.limits?.(signal)) ?? []).flatMap((limit) => limited(name, limit));
  } catch (error) {
    const { what } = problemOf(name, error);
    return [{ about: name, state: "warning", what: `its limits could not be read: ${what}` }];
  }
}

/** A limit that has no effect on an export or a restore is nobody's concern here. */
function limited(about: string, { setting, value, effect, clamps }: Limit): Finding[] {
  if (effect === undefined) return [];
  return [{ about, state: clamps === true ? "warning" : "note", what: `${setting} is ${value}: ${effect}` }];
}

/** Probes every sink that is configured; nothing is written. */
export async function examineSinks(sinks: readonly OpenSink[], signal: AbortSignal): Promise<Finding[]> {
  return Promise.all(
    sinks.map(async ({ name, sink }): Promise<Finding> => {
      try {
        await sink.probe(signal);
        return { about: name, state: "ok", what: "would take an audit event" };
      } catch (error) {
        return problemOf(name, error);
      }
    }),
  );
}
