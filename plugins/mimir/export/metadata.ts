import { type Records, type Step, v } from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import type { WorkOf } from "./cursors.ts";

const metadataSchema = v.record(
  v.string(),
  v.array(v.object({ type: v.string(), help: v.optional(v.string(), ""), unit: v.optional(v.string(), "") })),
);

/**
 * `mimir/metadata.json`: one line `{"metric","type","help","unit"}` for each description of a metric. Servers keep these
 * in memory, for what is scraped or written now, and have no time for them.
 */
export async function metadata(server: Server, work: WorkOf<"metadata">, signal: AbortSignal): Promise<Step> {
  const answer = await ifOffered(server.api(metadataSchema, { path: "/api/v1/metadata", signal }));
  const lines = Object.entries(answer?.data ?? {}).flatMap(([metric, descriptions]) =>
    descriptions.map((description) => `${JSON.stringify({ metric, ...description })}\n`),
  );
  return { records: linesRecords("mimir/metadata.json", "metadata", lines, work) };
}

/** Lines of about a MiB each block; none when there are no lines. */
export function linesRecords(
  file: string,
  unit: string,
  lines: readonly string[],
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Records[] {
  const blocks: Records[] = [];
  const perBlock = 5000;
  for (let start = 0; start < lines.length; start += perBlock) {
    const some = lines.slice(start, start + perBlock);
    blocks.push({ file, text: some.join(""), lines: some.length, from, to, counts: { [unit]: some.length } });
  }
  return blocks;
}
