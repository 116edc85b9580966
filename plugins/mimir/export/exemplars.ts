import { PluginError, type Step, toMs, v } from "contextcore";
import { ifOffered, warned } from "../server/api.ts";
import { type Server, seconds, selectorOf } from "../server/server.ts";
import { labelSet } from "../shape.ts";
import type { WorkOf } from "./cursors.ts";
import { linesRecords } from "./metadata.ts";

const exemplarsSchema = v.nullable(
  v.array(
    v.object({
      seriesLabels: labelSet,
      exemplars: v.array(v.object({ labels: labelSet, value: v.string(), timestamp: v.number() })),
    }),
  ),
);

/**
 * `mimir/exemplars.json`: one line `{"metric","exemplars":[{"labels","value","timestamp"}]}` a series, times in ms, values
 * as in the query API, since not all of them are JSON numbers. Servers keep the newest few in memory only.
 */
export async function exemplars(
  server: Server,
  work: WorkOf<"exemplars">,
  signal: AbortSignal,
): Promise<Step> {
  const form = {
    query: selectorOf(work.match),
    start: seconds(toMs(work.from)),
    end: seconds(toMs(work.to) - 1),
  };
  const found = await ifOffered(
    server.api(exemplarsSchema, { method: "POST", path: "/api/v1/query_exemplars", form, signal }),
  ).catch(withoutStorage);
  const lines = (found?.data ?? []).map(({ seriesLabels, exemplars: all }) => ({
    line: { metric: seriesLabels, exemplars: all.map(inMilliseconds) },
    count: all.length,
  }));
  const records = linesRecords("mimir/exemplars.json", "exemplars", lines, work);
  return { records, problems: warned(found?.warnings ?? [], work) };
}

const inMilliseconds = <One extends { timestamp: number }>(one: One): One => ({
  ...one,
  timestamp: Math.round(one.timestamp * 1000),
});

/** Some servers say by an error that they keep no exemplars. */
function withoutStorage(error: unknown): undefined {
  if (
    error instanceof PluginError &&
    /exemplars? (storage )?(is |are )?(not enabled|disabled)/i.test(error.message)
  )
    return;
  throw error;
}
