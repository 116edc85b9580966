/** Where the commands that only look at snapshots find them. */

import { type SnapshotPlaces, storesFor } from "../../tasks/snapshots/named-snapshot.ts";
import { KEY, snapshotPlaces } from "../../tasks/snapshots/places.ts";
import { openContext } from "../../tasks/stack/stack.ts";
import { IDENTITY } from "../../tasks/task/identity.ts";
import type { ParamValues } from "../../tasks/task/param.ts";
import { callerOf } from "../caller.ts";
import type { Call } from "../command.ts";
import { askingSigner } from "../signers.ts";

/** What such a command takes beside its snapshots. */
export const placeArgs = { key: KEY, ...IDENTITY } as const;

/** Does the work with the places that these names mean; nothing of the project is opened if none of them means one. */
export async function withPlaces<Result>(
  call: Call & { readonly args: ParamValues<typeof placeArgs> },
  names: readonly string[],
  work: (where: SnapshotPlaces) => Promise<Result>,
): Promise<Result> {
  const context = await openContext(callerOf(call), (config) => {
    const wanted = storesFor(names, config);
    return wanted.stores ? { ...wanted, asksNothing: true } : "nothing";
  });
  return askingSigner(call, call.args.key, async (key) =>
    work(await snapshotPlaces(context, { ...call.args, key })),
  );
}
