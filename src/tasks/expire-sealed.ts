/** Copies that nobody here can read: what is past its time in them is owed. */
import type { Config } from "../config/config.ts";
import { classTimesIn } from "../retention/classes.ts";
import { secondOf } from "../snapshot/format/name.ts";
import { fromRfc3339 } from "../units/range.ts";
import type { CopyThere, Everywhere } from "./everywhere.ts";
import type { Staying } from "./expirer.ts";
import { SEALED_HERE } from "./owed.ts";

/** Those that are old enough for some class to have expired. @param now ns */
export function sealedStaying({ snapshots }: Everywhere, config: Config, now: bigint): Staying[] {
  const sealed = snapshots.filter(({ kept }) => kept === undefined).flatMap(({ copies }) => copies);
  const isOld = ({ place, name }: CopyThere): boolean => beganAt(name) + shortestIn(place, config) <= now;
  return sealed
    .filter(isOld)
    .map(({ place, name }) => ({ name: `${place}:${name}`, reason: SEALED_HERE, isOwed: true }));
}

const PARTS = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/;

/** As its name tells. ns */
const beganAt = (name: string): bigint => fromRfc3339(secondOf(name).replace(PARTS, "$1-$2-$3T$4:$5:$6Z"));

/** Without classes of which nothing need be kept, as long as there are others. ns */
const shortestIn = (place: string, config: Config): bigint =>
  [...classTimesIn(place, config).values()]
    .filter((time) => time > 0n)
    .reduce<bigint | undefined>(
      (least, time) => (least === undefined || time < least ? time : least),
      undefined,
    ) ?? 0n;
