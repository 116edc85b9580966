/** Examines each backend and sink: whether it answers, what it is, and what it will clamp or refuse. */

import type { Limit } from "../contract/contract.ts";
import type { OpenBackend, OpenSink } from "../host/open.ts";
import { sameServers } from "../host/same-server.ts";
import { classOutlives } from "../inventory/bound-copies.ts";
import { adviceFor, conditionText } from "../inventory/condition.ts";
import type { Missing, Reached, Surveyed } from "../inventory/survey.ts";
import type { ClassTimes } from "../snapshot/catalog/retention.ts";
import { formatDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { listed } from "../units/words.ts";
import { type DoctorDiagnostic, problemOf } from "./diagnostic.ts";

/** The survey's findings about every backend, in order, and the limits of those that answered. */
export async function examineBackends(
  surveyed: readonly Surveyed[],
  classes: ClassTimes,
  signal: AbortSignal,
): Promise<DoctorDiagnostic[]> {
  const findings = surveyed.map(async (one) => {
    if (one.state !== "reached") return [missing(one)];
    return [answered(one), ...untried(one), ...outliving(one, classes), ...(await limitsOf(one, signal))];
  });
  return (await Promise.all(findings)).flat();
}

/** Reports instances that lead to the same data, which would be saved twice. */
export const examineInstances = (backends: readonly OpenBackend[]): DoctorDiagnostic[] =>
  sameServers(backends).map((names) => ({
    subject: names[0] ?? "",
    severity: "warning",
    message: `${listed(names)} have the same server and tenant, so the same data is saved several times`,
    hint: "Remove all but one, or give each a tenant of its own.",
  }));

function missing(one: Missing): DoctorDiagnostic {
  const { name, state, error } = one;
  const { message, hint = adviceFor(state, one), ...finding } = problemOf(name, error);
  const told = state === "failed" ? message : `${conditionText(one)}: ${message}`;
  return { ...finding, message: told, ...given({ hint }) };
}

function answered({ name, open, inventory }: Reached): DoctorDiagnostic {
  const { serverVersion, retention } = inventory;
  const version = serverVersion === undefined ? "" : `, version ${serverVersion}`;
  const kept = typeof retention === "bigint" ? `, keeps data for ${formatDuration(retention)}` : "";
  const place = open.url === undefined ? "" : ` at ${open.url}`;
  return { subject: name, severity: "ok", message: `answers${place}${version}${kept}` };
}

/** Tells of a version that its plugin was not tried with. Which of several servers it is, only some versions say (`Mimir 3.0.2`). */
function untried({ name, open, inventory }: Reached): DoctorDiagnostic[] {
  const { tried = [] } = open.plugin;
  const [, which = "", release] = /^(?:(\S+) )?v?(\d+\.\d+)/.exec(inventory.serverVersion ?? "") ?? [];
  const isKnown = (server: string): boolean => `${server}.`.includes(`${which} ${release}.`);
  if (release === undefined || tried.length === 0 || tried.some(isKnown)) return [];
  return [
    {
      subject: name,
      severity: "note",
      message: `the plugin was not tried with version ${inventory.serverVersion}, only with ${listed(tried)}`,
      hint: "Restore the first export into an empty server, and compare: contextcore verify --live",
    },
  ];
}

function outliving(one: Reached, classes: ClassTimes): DoctorDiagnostic[] {
  const message = classOutlives(one, classes);
  return message === undefined ? [] : [{ subject: one.name, severity: "warning", message }];
}

async function limitsOf({ name, open }: Reached, signal: AbortSignal): Promise<DoctorDiagnostic[]> {
  try {
    return ((await open.backend.limits?.(signal)) ?? []).flatMap((limit) => limited(name, limit));
  } catch (error) {
    const { message } = problemOf(name, error);
    return [{ subject: name, severity: "warning", message: `its limits could not be read: ${message}` }];
  }
}

/** A limit that does not affect an export or a restore is not shown. */
function limited(subject: string, { setting, value, effect, clamps }: Limit): DoctorDiagnostic[] {
  if (effect === undefined) return [];
  return [
    { subject, severity: clamps === true ? "warning" : "note", message: `${setting} is ${value}: ${effect}` },
  ];
}

/** Probes every configured sink; writes nothing. */
export async function examineSinks(
  sinks: readonly OpenSink[],
  signal: AbortSignal,
): Promise<DoctorDiagnostic[]> {
  return Promise.all(
    sinks.map(async ({ name, sink }): Promise<DoctorDiagnostic> => {
      try {
        await sink.probe(signal);
        return { subject: name, severity: "ok", message: "would take an audit event" };
      } catch (error) {
        return problemOf(name, error);
      }
    }),
  );
}
