/** A place may hold any number of objects: whoever looks for its copies does not hold what he knows of the others. */
import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { placeStorage } from "../../src/copies/read/place-storage.ts";
import { listStraight } from "../../src/copies/straight/plan.ts";
import { memoryStore, placeOf } from "./store.ts";

const OBJECTS = 600_000;

/** @param atEnd called when all of them have come */
const crowded = (atEnd: () => void) =>
  placeOf({
    ...memoryStore(),
    async *list() {
      for (let at = 0; at < OBJECTS; at += 1) {
        const name = `20260124-143000/grafana/dashboards/a-folder/dashboard-${at}.json.zst`;
        yield { name: Buffer.from(name).toString(), size: at, modified: BigInt(at) };
      }
      yield { name: "20260124-143000/copy.json", size: 1, modified: 1n };
      yield { name: "20260125-143000/plan.json", size: 1, modified: 1n };
      atEnd();
    },
  });

test("their names are found among many", async () => {
  const held: number[] = [];
  // Not resident memory: the runtime gives that back when it likes, also what other files' tests have used.
  const inUse = (): number => {
    Bun.gc(true);
    const { heapSize, extraMemorySize } = heapStats();
    return heapSize + extraMemorySize;
  };
  const before = inUse();
  const place = crowded(() => held.push(inUse() - before));
  expect(await placeStorage(place, () => expect.unreachable()).names()).toEqual(["20260124-143000"]);
  expect(await listStraight(place)).toEqual(["20260125-143000"]);
  expect(held).toHaveLength(2);
  expect(Math.max(...held)).toBeLessThan(100e6);
}, 60_000);
