/** Lets go of the oldest rows of a ledger, so that the chain of its hashes can be proved across the cut. */
import type { Expirable, ExpireAnswer, ExpireRequest } from "contextcore";
import { withDatabase } from "../database.ts";
import type { Saved } from "../export.ts";
import { databaseFiles, rowsFile } from "../files.ts";
import { countLedger, type Ledger } from "../ledger.ts";
import { cut } from "./cut.ts";
import { prefixBefore } from "./prefix.ts";
import { forbiddenBy } from "./rules.ts";

/** Counts them. @throws PluginError */
export function findExpired(saved: Saved, request: ExpireRequest, signal: AbortSignal): Expirable {
  const { ledger, path: option } = saved;
  const objection = objectionTo(saved, request);
  if (ledger === undefined || objection !== undefined)
    return { counts: {}, impossible: objection ?? NO_LEDGER };
  const found = databaseFiles(option).flatMap(({ path }) => {
    signal.throwIfAborted();
    return withDatabase(path, "read", (database) => {
      const prefix = prefixBefore(database, ledger, request.before);
      if (prefix === undefined) return [];
      return [{ prefix, forbids: forbiddenBy(database, ledger, prefix.last.rowid) }];
    });
  });
  const times = found.map(({ prefix }) => prefix.first.time);
  const [first] = times;
  const forbids = found.find((one) => one.forbids !== undefined)?.forbids;
  return {
    counts: { rows: found.reduce((sum, { prefix }) => sum + prefix.rows, 0) },
    ...(first !== undefined && {
      oldest: times.reduce((least, time) => (time < least ? time : least), first),
    }),
    ...(forbids !== undefined && { impossible: forbids }),
  };
}

const NO_LEDGER = "Only the rows of a ledger have times: the option `ledger` says which table it is.";

function objectionTo(
  { ledger, save }: Saved,
  { match, except = [], moves }: ExpireRequest,
): string | undefined {
  if (ledger === undefined) return NO_LEDGER;
  if (match !== undefined || except.length > 0)
    return "A ledger has no selectors: its rows go from the oldest on, or stay.";
  if (moves && save !== "rows")
    return "Put back, an archive with the whole file would take the place of the ledger: set `save: rows`, or archive another backend of the same path that has it.";
  return undefined;
}

/** Lets go of them: of each database in one transaction, or not at all. @throws PluginError */
export async function expire(
  saved: Saved,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const { ledger } = saved;
  const objection = objectionTo(saved, request);
  if (ledger === undefined || objection !== undefined)
    return { state: "impossible", counts: {}, reason: objection ?? NO_LEDGER };
  const files = databaseFiles(saved.path);
  const differs = differenceFrom(
    files.map(({ path }) => path),
    ledger,
    request,
  );
  if (differs !== undefined) return { state: "owed", counts: {}, reason: differs, isOutdated: true };
  let rows = 0;
  const told: string[] = [];
  for (const { path, file } of files) {
    signal.throwIfAborted();
    const lines = request.saved?.lines;
    const expected = lines && (lines.get(rowsFile(file, ledger.table)) ?? OF_NOTHING);
    const answer = await cut(path, ledger, request, expected);
    rows += answer.rows;
    if (answer.reason !== undefined) told.push(answer.reason);
    const { state, isOutdated } = answer;
    if (state !== "expired")
      return { state, counts: { rows }, reason: told.join(" "), ...(isOutdated && { isOutdated }) };
  }
  return { state: "expired", counts: { rows }, ...(told.length > 0 && { reason: told.join(" ") }) };
}

const OF_NOTHING = new Bun.CryptoHasher("sha256").digest("hex");

/** What was appended since with an older time is in no snapshot. */
function differenceFrom(
  paths: readonly string[],
  ledger: Ledger,
  { before, saved }: ExpireRequest,
): string | undefined {
  if (saved === undefined || saved.lines !== undefined) return undefined;
  const range = { from: 0n, to: before };
  const now = paths.map((path) => withDatabase(path, "read", (one) => countLedger(one, ledger, range)));
  const rows = now.reduce((sum, count) => sum + count, 0);
  if (rows === saved.counts.rows) return undefined;
  return `The ledger has ${rows} rows of that time, and the snapshot ${saved.counts.rows ?? 0}: nothing was removed.`;
}
