/** The process that reads what is held: a thousand manifests take memory, which goes with it. */
import * as v from "valibot";
import { inFull } from "../../../results/result.ts";
import { SNAPSHOTS_LIST, snapshotsJson } from "../../../results/snapshots.ts";
import { listHere } from "../../../tasks/list-snapshots.ts";
import { readHeld } from "../../../tasks/snapshots/held.ts";
import { keptHeldRows } from "../../../tasks/snapshots/held-rows.ts";
import { stockIn } from "../../metrics/stock.ts";
import { followingText, holderSchema } from "../told.ts";

/** Reads for the holder that stdin names. @throws SnapshotError; Error when it was not started by a service */
export async function runHoldingsProcess(write: (text: string) => Promise<unknown>): Promise<void> {
  const { stores, copies, classes: places, ...where } = await orderOn(Bun.stdin);
  const settings = { enabled: true, options: {} };
  const holder = { ...where, copies, stores: Object.fromEntries(stores.map((name) => [name, settings])) };
  using rows = keptHeldRows(where.directory);
  const held = await readHeld(holder, rows);
  const overview = JSON.stringify(inFull(SNAPSHOTS_LIST, snapshotsJson(await listHere(holder, held))));
  await write(
    followingText({
      overview,
      stock: stockIn(held, { ...holder, retention: { of: { places } } }),
      isPassing: held.isPassing,
    }),
  );
}

async function orderOn(stdin: { text(): Promise<string> }): Promise<v.InferOutput<typeof holderSchema>> {
  try {
    return v.parse(holderSchema, JSON.parse(await stdin.text()));
  } catch (cause) {
    throw new Error("only a service of contextcore starts this process", { cause });
  }
}
