import { PluginError, type Range, type Records, type Step, toMs, v } from "contextcore";
import { labelSet } from "../line/labels.ts";
import { ifOffered, warned } from "../server/api.ts";
import { metadataSchema, seconds, selectorOf } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import type { WorkOf } from "./cursors.ts";

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

/**
 * `mimir/metadata.json`: one line `{"metric","type","help","unit"}` for each description of a metric. Servers keep these
 * in memory, for what is scraped or written now, and do not say since when.
 */
export async function metadata(server: Server, work: WorkOf<"metadata">, signal: AbortSignal): Promise<Step> {
  const answer = await ifOffered(server.api(metadataSchema, { path: "/api/v1/metadata", signal }));
  const lines = Object.entries(answer?.data ?? {}).flatMap(([metric, descriptions]) =>
    descriptions.map((description) => ({ line: { metric, ...description }, count: 1 })),
  );
  return { records: linesRecords("mimir/metadata.json", "metadata", lines, work) };
}

const LINES_PER_BLOCK = 5000;

/** Lines of a file of this plugin as blocks. @param lines each with how many of `unit` it holds */
function linesRecords(
  file: string,
  unit: string,
  lines: readonly { readonly line: object; readonly count: number }[],
  { from, to }: Range,
): Records[] {
  const blocks: Records[] = [];
  for (let start = 0; start < lines.length; start += LINES_PER_BLOCK) {
    const some = lines.slice(start, start + LINES_PER_BLOCK);
    const text = some.map(({ line }) => `${JSON.stringify(line)}\n`).join("");
    const total = some.reduce((sum, { count }) => sum + count, 0);
    blocks.push({ file, text, lines: some.length, from, to, counts: { [unit]: total } });
  }
  return blocks;
}
