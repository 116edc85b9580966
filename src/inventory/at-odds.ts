/** Where what keeps data does it for another time than the class of that data, each with the setting to change. */
import type { Config } from "../config/config.ts";
import type { Diagnostic } from "../contract/contract.ts";
import { classOfBackend, classTimes, keepingTime } from "../retention/classes.ts";
import { timeOf } from "../snapshot/catalog/retention.ts";
import { parseDuration } from "../units/duration.ts";
import { classOutlives } from "./bound-copies.ts";
import type { Reached, Surveyed } from "./survey.ts";
import { holdsState } from "./warnings.ts";

/** Its subject is a backend, a place, `trail` or `activity`. */
export interface Disagreement extends Diagnostic<"warning"> {
  /** `sooner`: it is deleted before its class says so. `later`: it is kept, or locked, for longer than that. */
  readonly kind: "sooner" | "later";
  /** The setting to change. */
  readonly setting: string;
}

/** What the servers that answered, the places, the trail and the log of runs do otherwise than classes say. */
export function disagreements(findings: readonly Surveyed[], config: Config): Disagreement[] {
  const reached = findings.filter((one) => one.state === "reached");
  return [
    ...reached.flatMap((one) => [...ofSnapshots(one, config), ...ofServer(one, config)]),
    ...Object.keys(config.stores).flatMap((place) => [
      ...reached.flatMap((one) => [...ofPlaceClass(place, one, config), ...ofLock(place, one, config)]),
    ]),
    ...ofOwnTime("trail", "audit", config),
    ...ofOwnTime("activity", "activity", config),
  ];
}

/** Of one backend: its class, how long that is kept, and the same in words. */
function classed({ open, inventory }: Reached, config: Config) {
  const kind = classOfBackend(open, inventory);
  const kept = timeOf(kind, classTimes(config));
  return { kind, kept, text: `${kind} and to be kept for ${keepingTime(kept)}` };
}

const classSetting = ({ name, open }: Reached): string => `backends.${open.configured ?? name}.class`;

/** Data whose time is meant for every copy of it. */
function ofSnapshots(finding: Reached, config: Config): Disagreement[] {
  const outlives = classOutlives(finding, classTimes(config));
  if (outlives === undefined) return [];
  const setting = classSetting(finding);
  return [disagreement(finding.name, "later", outlives, { setting, hint: `Change ${setting}.` })];
}

/** A state has no age, so no time of it is over; the log of runs has its own time, which is meant for its snapshots. */
function ofServer(finding: Reached, config: Config): Disagreement[] {
  const { retention, bindsCopies } = finding.inventory;
  const { kept, text } = classed(finding, config);
  if (retention === undefined || retention === kept || bindsCopies || holdsState(finding)) return [];
  const to = settingsFor(finding, kept);
  const { name } = finding;
  if (retention === "unlimited")
    return [disagreement(name, "later", `the server keeps it for ever, and it is ${text}`, to)];
  const own = keepingTime(retention);
  return retention > kept
    ? [disagreement(name, "later", `the server keeps it for ${own}, and it is ${text}`, to)]
    : [
        disagreement(
          name,
          "sooner",
          `the server deletes it after ${own}, and it is ${text}: only snapshots hold the rest`,
          to,
        ),
      ];
}

/** The server's own setting where its plugin knows it, and the class. */
function settingsFor(finding: Reached, kept: bigint): Pick<Disagreement, "setting" | "hint"> {
  const own = classSetting(finding);
  const { retentionSetting: setting } = finding.inventory;
  if (setting === undefined)
    return { setting: own, hint: `Nothing there deletes it by age, as far as is known. Here: ${own}.` };
  return { setting, hint: `There: ${setting}, to ${inHours(kept)}. Here: ${own}.` };
}

/** Every server reads hours. */
const inHours = (ns: bigint): string => `${ns / parseDuration("1h")}h`;

/** The class of a place keeps this data for another time than its own. */
function ofPlaceClass(place: string, finding: Reached, config: Config): Disagreement[] {
  const { places } = config.retention.of;
  const kind = Object.hasOwn(places, place) ? places[place] : undefined;
  const own = classed(finding, config);
  const kept = kind === undefined ? own.kept : timeOf(kind, classTimes(config));
  if (kept === own.kept) return [];
  const setting = `retention.of.places.${place}`;
  const message = `everything there is ${kind} and kept for ${keepingTime(kept)}, and ${finding.name} is ${own.text}`;
  const hint = `Change ${setting}, or leave it out: each class then has its own time there.`;
  return [disagreement(place, kept > own.kept ? "later" : "sooner", message, { setting, hint })];
}

/** A place locks copies for a fixed time that is longer. */
function ofLock(place: string, finding: Reached, config: Config): Disagreement[] {
  const locked = lengthOf(config.stores[place]?.options.retain);
  const { kept, text } = classed(finding, config);
  if (locked === undefined || locked <= kept) return [];
  const setting = `stores.${place}.retain`;
  const message = `copies there are locked for ${keepingTime(locked)}, and ${finding.name} is ${text}`;
  const hint = `Write ${setting}: classes. What is locked already stays so.`;
  return [disagreement(place, "later", message, { setting, hint })];
}

/** `classes` is no length; one with a variable in it, or a wrong one, is told where the place is opened. */
function lengthOf(retain: unknown): bigint | undefined {
  try {
    return typeof retain === "string" ? parseDuration(retain) : undefined;
  } catch {
    return undefined;
  }
}

/** A time that is set beside a class. */
function ofOwnTime(
  subject: "trail" | "activity",
  section: "audit" | "activity",
  config: Config,
): Disagreement[] {
  const kind = config.retention.of[subject];
  if (kind === undefined) return [];
  const kept = timeOf(kind, classTimes(config));
  const own = BigInt(Math.round(config[section].retention * 86_400)) * parseDuration("1s");
  if (own === kept) return [];
  const setting = `${section}.retention`;
  const message = `it is ${kind} and to be kept for ${keepingTime(kept)}, and ${setting} keeps it for ${keepingTime(own)}`;
  const hint = `Leave out ${setting}, or retention.of.${subject}.`;
  return [disagreement(subject, own < kept ? "sooner" : "later", message, { setting, hint })];
}

const disagreement = (
  subject: string,
  kind: Disagreement["kind"],
  message: string,
  more: Pick<Disagreement, "setting" | "hint">,
): Disagreement => ({ severity: "warning", subject, kind, message, ...more });
