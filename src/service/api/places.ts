/** The places for copies, and what is known of them without asking any. */
import type { Config } from "../../config/config.ts";
import { pluginOfStore } from "../../config/instances.ts";
import { snapshotJson } from "../../results/parts.ts";
import type { ValueOf } from "../../results/result.ts";
import type { PLACES, SnapshotsList } from "../../results/snapshots.ts";
import { given } from "../../units/given.ts";

/** @param list the kept snapshots, each with its copies */
export function placesJson(config: Config, { snapshots }: SnapshotsList): ValueOf<typeof PLACES> {
  const names = Object.keys(config.stores).filter((name) => config.stores[name]?.enabled === true);
  return {
    places: names.map((place) => {
      const held = snapshots.flatMap(({ name, bytes, places }) =>
        places.filter((one) => one.place === place).map((copy) => ({ name, bytes, ...copy })),
      );
      const sound = held.filter((one) => one.sound);
      const newest = sound.at(-1);
      return {
        place,
        plugin: pluginOfStore(place, config),
        receivesExports: config.copies.includes(place),
        copiesTotal: held.length,
        soundTotal: sound.length,
        snapshotBytes: sound.reduce((sum, { bytes }) => sum + bytes, 0),
        ...given({
          snapshot: newest === undefined ? undefined : snapshotJson(`${place}:${newest.name}`),
          verified: sound
            .map((one) => one.verified)
            .sort()
            .at(-1),
        }),
      };
    }),
  };
}
