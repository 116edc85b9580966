/** `plan.json` of an export straight into a place: what is asked for. Whoever writes it has the name. */
import type { Cursor } from "../../contract/contract.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { newName } from "../../snapshot/write/partial.ts";
import { parseRequest, type SnapshotRequest } from "../../snapshot/write/request.ts";
import type { Json } from "../../units/json.ts";
import { PLAN_FILE, plainName } from "../format/bookkeeping.ts";
import type { Place } from "../place/place.ts";
import { type Bookkeeping, openBookkeeping } from "./bookkeeping.ts";
import type { StraightOptions } from "./options.ts";

/** What is asked for, and where reading it begins. */
interface StraightPlan {
  readonly request: SnapshotRequest;
  readonly first: readonly { readonly plugin: string; readonly cursor: Cursor }[];
}

/** An export that has its name in a place. */
export interface StraightExport {
  /** The snapshot's. */
  readonly name: string;
  readonly book: Bookkeeping;
}

/**
 * Takes a name that nothing has, here or there, by writing the plan.
 * @param isFree whether a snapshot may be called so here @param now ns
 * @throws PluginError, `refused` also when the place does not keep what "only if absent" promises
 */
export async function beginStraight(
  { place, key }: Pick<StraightOptions, "place" | "key">,
  plan: StraightPlan,
  { now, isFree }: { readonly now: bigint; readonly isFree: (name: string) => boolean },
): Promise<StraightExport> {
  for (let number = 1; ; number += 1) {
    const name = newName(now, number);
    if (!isFree(name) || (await place.list(`${name}/`)).size > 0) continue;
    await place.proveOnlyIfAbsent(`${name}/`);
    const book = await openBookkeeping({ place, folder: name, key });
    if ((await book.write(PLAN_FILE, asJson(plan))) !== "taken") return { name, book };
  }
}

/** Through JSON, because some of its members may be absent. */
const asJson = ({ request, first }: StraightPlan): Record<string, Json> =>
  JSON.parse(JSON.stringify({ format: 1, request, first }));

/** What an interrupted export was asked for. @throws SnapshotError when there is none, or it is another project's; PluginError */
export async function readPlan(
  { place, key }: Pick<StraightOptions, "place" | "key">,
  name: string,
): Promise<StraightExport & Pick<StraightPlan, "request">> {
  const there = await place.list(`${name}/${PLAN_FILE}`);
  const [stored] = there.values();
  const where = place.shown(name);
  if (stored === undefined)
    throw new SnapshotError(`${where} cannot be resumed: no export that went there was interrupted`, {
      hint: "Name what an interrupted export said, or start a new one.",
    });
  const book = await openBookkeeping({ place, folder: name, key });
  const { request } = await book.read(stored.name.slice(name.length + 1), stored.size);
  try {
    return { name, book, request: parseRequest(request) };
  } catch (cause) {
    throw new SnapshotError(`${where} cannot be resumed: its ${PLAN_FILE} is of another version`, { cause });
  }
}

/** Names of exports that were begun and not finished in a place, or not cleared away after it; oldest first. @throws PluginError */
export async function listStraight(place: Place): Promise<string[]> {
  const isPlan = (object: string): boolean => {
    const [name = "", file = "", ...more] = object.split("/");
    return plainName(file) === PLAN_FILE && more.length === 0 && SNAPSHOT_NAME.test(name);
  };
  const plans = [...(await place.list("", isPlan)).keys()];
  return plans.map((object) => object.replace(/\/.*/s, "")).sort();
}
