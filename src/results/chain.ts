import * as v from "valibot";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import { chainReport, chainReportSchema } from "../snapshot/catalog/chain-report.ts";
import { snapshotJson, snapshotSchema } from "./parts.ts";

const { state: _, ...entries } = chainReportSchema.entries;

/** The snapshots that together hold one backend, as JSON. */
export const chainSchema = v.object({
  ...entries,
  snapshots: v.pipe(v.array(snapshotSchema), v.description("oldest first")),
  objectsFrom: v.pipe(
    snapshotSchema,
    v.description("the one of them from which rules, dashboards and the like are taken"),
  ),
});

/** The snapshots that hold a backend together. */
export function chainJson(chain: BackendChain): v.InferOutput<typeof chainSchema> {
  const { state: _state, ...rest } = chainReport(chain);
  return {
    ...rest,
    snapshots: snapshotsOf([chain]).map(({ path }) => snapshotJson(path)),
    objectsFrom: snapshotJson(chain.state.snapshot.path),
  };
}
