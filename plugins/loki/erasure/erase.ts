/**
 * One person's lines are erased by delete requests, which Loki carries out in its own time: until then they only hide the lines.
 * A request is found again by what it asks for, so that asking twice is asking once.
 */
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  formatDuration,
  fromMs,
  isKind,
  NS_PER_MS,
  NS_PER_SECOND,
  PluginError,
  parseShape,
  type Range,
  toMs,
  toRfc3339,
  v,
  withoutIdentifier,
} from "contextcore";
import { addDelete, type DeleteRequest, isPending, listDeletes, OURS } from "../objects/deletes.ts";
import { timesOf } from "./delete-times.ts";
import { linesOf, reference, type Searched } from "./find.ts";
import { type Place, placeOf } from "./place.ts";

type Reference = v.InferOutput<typeof reference>;

/** Erases what was found, or says how it stands. @throws PluginError when Loki cannot be asked */
export function eraseLines(searched: Searched, { id, found }: EraseRequest, signal: AbortSignal): Promise<EraseAnswer> {
  return withoutIdentifier(id, async () => {
    const isOff = await whyNot(searched, signal);
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

/** Why this Loki deletes nothing. `undefined`: it does. */
async function whyNot({ api, settings }: Searched, signal: AbortSignal): Promise<Outcome | undefined> {
  const found = await settings(signal);
  const mode = found.text("limits_config.deletion_mode");
  if (found.flag("compactor.retention_enabled") === false) return impossible(RETENTION);
  if (mode === "disabled" || mode === "filter-only") return impossible(modeIs(mode));
  try {
    return (await listDeletes(api, signal)) === undefined ? impossible(UNREACHED) : undefined;
  } catch (error) {
    if (!(error instanceof PluginError) || !isKind(error, "refused", "invalid")) throw error;
    return impossible(/deletion is not available/i.test(error.message) ? modeIs("disabled") : `Loki does not take delete requests: ${error.message}`);
  }
}

const RETENTION =
  "This Loki deletes nothing: set compactor.retention_enabled to true and compactor.delete_request_store to its object store, and restart it.";

const modeIs = (mode: string): string =>
  `This Loki ${mode === "disabled" ? "takes no delete requests" : "only hides what is to be deleted"} (limits_config.deletion_mode: ${mode}): set it to filter-and-delete.`;

const UNREACHED =
  "The API of Loki's compactor is not reached under this URL: let the gateway pass /loki/api/v1/delete to the compactor.";

async function eraseOne(searched: Searched, known: Reference, id: string, signal: AbortSignal): Promise<Outcome> {
  const place = placeOf(known.where, id);
  const query = place.selector + place.stages + OURS;
  const window = windowOf({ from: BigInt(known.from), to: BigInt(known.to) });
  const requests = (await listDeletes(searched.api, signal)) ?? [];
  const asked = requests.find((one) => one.query === query && covers(one, window));
  if (asked !== undefined) return standing(searched, { asked, place, window }, signal);
  const lines = await linesOf(searched, place, { from: window.from, to: window.to + 1n }, signal);
  const taken = lines.entries + lines.others;
  if (taken === 0) return { state: "erased" };
  if (taken > known.entries || lines.others > 0) return impossible(more(taken, known.entries));
  if (window.to > searched.clock()) return { state: "owed", reason: AHEAD, due: window.to };
  await addDelete(searched.api, { query, ...window }, signal);
  return owed(searched, searched.clock(), signal);
}

const more = (taken: number, found: number): string =>
  `A deletion would take ${taken} lines, and ${found} were found, so nothing was deleted: look for them again, and erase what is found then.`;

const AHEAD = "Some of the lines are dated in the future, and Loki deletes them only when that time has come.";

/**
 * What a request has to cover: Loki reads its times to the millisecond, takes both into it, and wants a second at least
 * (pkg/compactor/deletion/request_handler.go).
 */
function windowOf({ from, to }: Range): Range {
  const end = ((to - 1n + NS_PER_MS - 1n) / NS_PER_MS) * NS_PER_MS;
  const start = from - (from % NS_PER_MS);
  return { from: end - start < NS_PER_SECOND ? end - NS_PER_SECOND : start, to: end };
}

const covers = ({ start_time, end_time }: DeleteRequest, { from, to }: Range): boolean =>
  Math.round(start_time * 1_000) <= toMs(from) && Math.round(end_time * 1_000) >= toMs(to);

interface Standing {
  readonly asked: DeleteRequest;
  readonly place: Place;
  readonly window: Range;
}

/** How a request stands that Loki has. */
async function standing(searched: Searched, { asked, place, window }: Standing, signal: AbortSignal): Promise<Outcome> {
  const created = fromMs(Math.round(asked.created_at * 1_000));
  const answer = await owed(searched, created, signal);
  if (isPending(asked) || searched.clock() < answer.due) return answer;
  const { entries } = await linesOf(searched, place, { from: window.from, to: window.to + 1n }, signal);
  if (entries === 0) return { state: "erased" };
  return { state: "owed", reason: `Loki says that it has carried out the deletion, and ${entries} of the lines still show.` };
}

/** @param created when Loki was asked, ns */
async function owed({ settings }: Searched, created: bigint, signal: AbortSignal): Promise<Outcome & { readonly due: bigint }> {
  const { cancel, rewritten } = timesOf(await settings(signal));
  const due = created + cancel + rewritten;
  const reason = `Loki hides them, and deletes them once its cancel period (compactor.delete_request_cancel_period, ${formatDuration(cancel)}) is over and its compactor has written the chunks anew, about ${toRfc3339(due)}.`;
  return { state: "owed", reason, due };
}
