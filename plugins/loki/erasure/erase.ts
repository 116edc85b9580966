/**
 * One person's lines are erased by delete requests, which Loki carries out in its own time: until then they only hide the lines.
 * A request is found again by what it asks for, so that asking twice is asking once.
 */
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  NS_PER_MS,
  NS_PER_SECOND,
  parseShape,
  type Range,
  type v,
  withoutIdentifier,
} from "contextcore";
import {
  addDelete,
  askDeletes,
  asOurs,
  covers,
  createdAt,
  type DeleteRequest,
  isPending,
  overlaps,
} from "../objects/deletes.ts";
import { waitFor } from "./delete-times.ts";
import { linesOf, reference, requireSeen, type Searched } from "./find.ts";
import { placeOf } from "./place.ts";
import { whyNot } from "./why-not.ts";

type Reference = v.InferOutput<typeof reference>;

/** Erases what was found, or says how it stands. @throws PluginError when Loki cannot be asked */
export function eraseLines(
  searched: Searched,
  { id, found }: EraseRequest,
  signal: AbortSignal,
): Promise<EraseAnswer> {
  return withoutIdentifier(id, async () => {
    const reason = await whyNot(searched.api, await searched.settings(signal), signal);
    const isOff = reason === undefined ? undefined : impossible(reason);
    const outcomes: ErasureOutcome[] = [];
    for (const { count, reference: given } of found) {
      const known = parseShape("loki: a reference", reference, JSON.stringify(given));
      const outcome = isOff ?? (await eraseOne(searched, known, id, signal));
      outcomes.push({ count, ...outcome });
    }
    return { outcomes };
  });
}

type Outcome = Omit<ErasureOutcome, "count">;

const impossible = (reason: string): Outcome => ({ state: "impossible", reason });

async function eraseOne(
  searched: Searched,
  known: Reference,
  id: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const place = placeOf(known.where, id);
  const query = asOurs(place.selector) + place.stages;
  const window = windowOf({ from: BigInt(known.from), to: BigInt(known.to) });
  requireSeen(await searched.settings(signal), window.from, searched.clock());
  const all = await askDeletes(searched.api, signal);
  const asked = all.filter((one) => one.query === query && covers(one, window));
  const pending = asked.find(isPending);
  if (pending !== undefined) return owed(searched, createdAt(pending), signal);
  const lines = await linesOf(searched, place, { from: window.from, to: window.to + 1n }, signal);
  const taken = lines.entries + lines.others;
  if (taken === 0)
    return gone(searched, asked.length > 0 ? asked : all.filter((one) => overlaps(one, window)), signal);
  if (taken > known.entries || lines.others > 0) return impossible(more(taken, known.entries));
  if (window.to > searched.clock()) return { state: "owed", reason: AHEAD, due: window.to };
  await addDelete(searched.api, { query, ...window }, signal);
  return owed(searched, searched.clock(), signal);
}

/**
 * No query shows the lines any more.
 * @param asked ours, which have been carried out; if there are none, those of others that may have hidden the lines
 */
async function gone(
  searched: Searched,
  asked: readonly DeleteRequest[],
  signal: AbortSignal,
): Promise<Outcome> {
  const created = asked.map(createdAt).reduce((last, time) => (time > last ? time : last), 0n);
  const outcome = await owed(searched, created, signal);
  const isHidden = asked.some(isPending) || searched.clock() < outcome.due;
  return isHidden ? outcome : { state: "erased" };
}

/** @param created when Loki was asked, ns */
async function owed(
  { settings }: Searched,
  created: bigint,
  signal: AbortSignal,
): Promise<Outcome & { readonly due: bigint }> {
  return { state: "owed", ...waitFor(await settings(signal), created) };
}

const more = (taken: number, found: number): string =>
  `A deletion would take ${taken} lines, and ${found} were found, so nothing was deleted: look for them again, and erase what is found then.`;

const AHEAD =
  "Some of the lines are dated in the future, and Loki deletes them only when that time has come.";

/**
 * What a request has to cover: Loki reads its times to the millisecond, takes both into it, and wants a second at least
 * (pkg/compactor/deletion/request_handler.go).
 */
function windowOf({ from, to }: Range): Range {
  const end = ((to - 1n + NS_PER_MS - 1n) / NS_PER_MS) * NS_PER_MS;
  const start = from - (from % NS_PER_MS);
  return { from: end - start < NS_PER_SECOND ? end - NS_PER_SECOND : start, to: end };
}
