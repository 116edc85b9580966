/** What interrupted removals have left, here and in places: nobody finds it as a snapshot any more, and it goes. */
import type { Config } from "../config/config.ts";
import { listRemoved, sweepRemoved } from "../snapshot/catalog/prune.ts";
import type { Everywhere } from "./everywhere.ts";
import type { DueItem } from "./expirer.ts";
import type { Going } from "./going.ts";
import { finishRemovals, interruptedRemovals } from "./removals.ts";

const item = (name: string): DueItem => ({
  kind: "remains",
  name,
  identity: name,
  what: "its removal was interrupted",
});

/** @throws SnapshotError when the snapshots directory cannot be read */
export async function remainsGoing({ places }: Everywhere, config: Config): Promise<Going[]> {
  const here = await listRemoved(config.backups);
  const there = await interruptedRemovals(config, places);
  return [
    ...here.map((path) =>
      going([item(path)], async () => {
        await sweepRemoved(path);
        return [];
      }),
    ),
    ...(there.length === 0
      ? []
      : [
          going(
            there.map(({ place, name }) => item(`${place}:${name}`)),
            () => finishRemovals(config, places),
          ),
        ]),
  ];
}

const going = (items: readonly DueItem[], remove: () => ReturnType<typeof finishRemovals>): Going => ({
  of: [],
  items,
  stays: [],
  async go(_, did) {
    const withheld = await remove();
    if (withheld.length === 0) for (const { name } of items) did(name);
    return withheld.map(({ object, reason }) => ({ name: object, reason, isOwed: true }));
  },
});
