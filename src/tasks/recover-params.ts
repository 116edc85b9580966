/** The parameters of a recovery. */
import { EXISTING_POLICIES } from "../restore/compared.ts";
import { readLastMoment } from "../units/moment.ts";
import { fromMs, NS_PER_SECOND } from "../units/range.ts";
import { IGNORE_ERASURES } from "./snapshots/erasures.ts";
import { KEY } from "./snapshots/places.ts";
import { BACKENDS_MEANT } from "./snapshots/snapshot-param.ts";
import { UsageError } from "./task/errors.ts";
import { IDENTITY } from "./task/identity.ts";
import type { ParamValues } from "./task/param.ts";

/** What a recovery is told. */
export const recoverParams = {
  from: {
    type: "value",
    hint: "WHERE",
    complete: "snapshots-or-places",
    local: "paths",
    about:
      "where the snapshots are: a place, its URL or directory, a snapshot in it (PLACE:NAME), or a kept snapshot; default: what is kept",
  },
  at: {
    type: "value",
    hint: "TIME",
    parse: readLastMoment,
    about: "as it was then: of each backend the newest snapshot begun by this time; a date means its end",
  },
  backend: BACKENDS_MEANT,
  existing: {
    type: "value",
    values: EXISTING_POLICIES,
    default: "keep",
    about: "dashboards, rules and the like that differ on the server: keep them, replace them, or fail",
  },
  commands: { type: "flag", on: true, local: true, about: "run no command of the runbook" },
  key: KEY,
  ...IDENTITY,
  "ignore-erasures": IGNORE_ERASURES,
  resume: { type: "flag", about: "continue the recovery that was interrupted or stopped" },
} as const;

/** The same as values, with defaults filled in. */
export type RecoverValues = ParamValues<typeof recoverParams>;

const DAY_NS = 86_400n * NS_PER_SECOND;

/** Now, or the moment that was asked for. @throws UsageError when that is to come */
export function momentOf({ at }: Pick<RecoverValues, "at">): bigint {
  const now = fromMs(Date.now());
  if (at !== undefined && at >= now + DAY_NS)
    throw new UsageError("--at is in the future", "name a time that is past, such as 2026-01-07 or 24h");
  return at ?? now;
}
