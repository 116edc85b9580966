import { objectOf, type Range, type Records, type Step, v } from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import type { WorkOf } from "./cursors.ts";

const metadataSchema = objectOf(
  v.array(v.object({ type: v.string(), help: v.optional(v.string(), ""), unit: v.optional(v.string(), "") })),
);

/**
 * `mimir/metadata.json`: one line `{"metric","type","help","unit"}` for each description of a metric. Servers keep these
 * in memory, for what is scraped or written now, and have no time for them.
 */
export async function metadata(server: Server, work: WorkOf<"metadata">, signal: AbortSignal): Promise<Step> {
  const answer = await ifOffered(server.api(metadataSchema, { path: "/api/v1/metadata", signal }));
  const lines = Object.entries(answer?.data ?? {}).flatMap(([metric, descriptions]) =>
    descriptions.map((description) => ({ line: { metric, ...description }, count: 1 })),
  );
  return { records: linesRecords("mimir/metadata.json", "metadata", lines, work) };
}

const LINES_PER_BLOCK = 5000;

/** Some lines of a file of the plugin's own, as blocks. `count`: how many of `unit` a line holds. */
export function linesRecords(
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
