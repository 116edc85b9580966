import { type HttpClient, PluginError, v } from "contextcore";
import { read } from "./server.ts";

const hitSchema = v.object({
  uid: v.string(),
  title: v.optional(v.string(), ""),
  folderUid: v.optional(v.string(), ""),
  folderTitle: v.optional(v.string(), ""),
  tags: v.optional(v.nullable(v.array(v.string()))),
  url: v.optional(v.string(), ""),
});
export type Hit = v.InferOutput<typeof hitSchema>;

/** Grafana's default; its most is 5000, and more is refused. */
const PAGE = 1000;

/** A proxy that leaves out the query gives the first page for ever. */
export const sameAgain = (path: string): PluginError =>
  new PluginError("invalid", `grafana: ${path} gives the same page again and again`, {
    hint: "Does a proxy before Grafana drop the query of a URL?",
  });

export interface Search {
  readonly type: "dash-db" | "dash-folder";
  /** Only what has all of these. */
  readonly tag?: readonly string[];
}

/**
 * Everything that the search finds, by uid. Pages are read until one is not full. A list that changes meanwhile can show
 * a row twice; it counts once.
 */
export async function searchAll(
  http: HttpClient,
  { type, tag = [] }: Search,
  signal: AbortSignal,
): Promise<Hit[]> {
  const found = new Map<string, Hit>();
  for (let page = 1; ; page += 1) {
    const rows = await read(http, v.array(hitSchema), {
      path: "/api/search",
      query: { type, limit: PAGE, page, tag },
      signal,
    });
    const before = found.size;
    for (const row of rows) found.set(row.uid, row);
    if (rows.length === PAGE && found.size === before) throw sameAgain("/api/search");
    if (rows.length < PAGE) return [...found.values()];
  }
}
