/** Where the commands that only look at snapshots find them. */
import { type SnapshotPlaces, storesFor } from "../../tasks/named-snapshot.ts";
import { KEY, snapshotPlaces } from "../../tasks/places.ts";
import { openContext } from "../../tasks/stack.ts";
import { callerOf } from "../caller.ts";
import type { Call } from "../command.ts";
import { askingSigner } from "../signers.ts";

/** What such a command takes beside its snapshots. */
export const placeArgs = { key: KEY } as const;

/** Does the work with the places that these names mean; nothing of the project is opened if none of them means one. */
export async function withPlaces<Result>(
  call: Call & { readonly args: { readonly key: readonly string[] } },
  names: readonly string[],
  work: (where: SnapshotPlaces) => Promise<Result>,
): Promise<Result> {
  const { stores } = storesFor(names);
  const context = await openContext(callerOf(call), stores ? { stores, asksNothing: true } : "nothing");
  return askingSigner(call, call.args.key, (key) => work(snapshotPlaces(context, { key })));
}
