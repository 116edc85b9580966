/** A chain in the form of a report. */
import * as v from "valibot";
import { rangeSchema, rangeToText } from "../format/range-text.ts";
import { type BackendChain, nameOf } from "./chain.ts";
import { claimsOfBackend, snapshotsOf } from "./chain-claims.ts";
import { hasTimeline } from "./coverage.ts";

/** Something by its name, and why. */
export const reasonedSchema = v.object({ name: v.string(), reason: v.string() });

/**
 * A chain as it is reported, in a restore's `report.json` and in what `--json` prints: names of snapshots and RFC 3339 ranges.
 */
export const chainReportSchema = v.object({
  backend: v.string(),
  snapshots: v.pipe(v.array(v.string()), v.description("by name, the oldest first")),
  state: v.pipe(
    v.string(),
    v.description("the one of them from which rules, dashboards and the like are taken"),
  ),
  range: v.optional(rangeSchema),
  gaps: v.pipe(v.array(rangeSchema), v.description("parts of that range that none of them holds")),
  missing: v.pipe(
    v.array(reasonedSchema),
    v.description("snapshots that they continue, and that are gone or cannot be believed"),
  ),
});

/** One chain, as reports tell it. */
export function chainReport(chain: BackendChain): v.InferOutput<typeof chainReportSchema> {
  const { range } = claimsOfBackend(chain);
  return {
    backend: chain.backend,
    snapshots: snapshotsOf([chain]).map(nameOf),
    state: nameOf(chain.state.snapshot),
    ...(range === undefined || !hasTimeline(chain.state.plugin) ? {} : { range }),
    gaps: chain.gaps.map(rangeToText),
    missing: chain.missing.map((one) => ({ ...one })),
  };
}
