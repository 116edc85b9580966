/** Classes of data: how long each is kept by this configuration, and which class data is of. Pure. */
import type { Config } from "../config/config.ts";
import { classOf } from "../config/retention.ts";
import type { Inventory } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { type ClassTimes, timeOf } from "../snapshot/catalog/retention.ts";
import { formatDuration, parseDuration } from "../units/duration.ts";

/** How long this project keeps each class, by its name. ns */
export const classTimes = ({ retention }: Pick<Config, "retention">): ClassTimes =>
  new Map(Object.entries(retention.classes).map(([name, time]) => [name, parseDuration(time)]));

/** The same for what lies in a place: where the place has a class, all of it is kept as long as that says. */
export function classTimesIn(place: string, config: Pick<Config, "retention">): ClassTimes {
  const { places } = config.retention.of;
  const times = classTimes(config);
  const name = Object.hasOwn(places, place) ? places[place] : undefined;
  if (name === undefined) return times;
  return new Map([...times.keys()].map((each) => [each, timeOf(name, times)]));
}

const YEAR = parseDuration("1y");

/** `7y`, `30d`: how long something is kept, for people. */
export const keepingTime = (ns: bigint): string =>
  ns >= YEAR && ns % YEAR === 0n ? `${ns / YEAR}y` : formatDuration(ns);

/** The class of what a backend holds now. */
export const classOfBackend = (
  open: Pick<OpenBackend, "class">,
  { importance = "medium" }: Pick<Inventory, "importance">,
): string => open.class ?? classOf(importance);
