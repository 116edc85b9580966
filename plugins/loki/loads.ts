import type { Range } from "contextcore";
import type { Api } from "./api.ts";
import type { Page } from "./page.ts";
import type { Load } from "./partition.ts";
import type { Labels } from "./selector.ts";
import { ownLabels, streamKey } from "./streams.ts";

/** A page's streams by the labels that they can be selected by, with the number of entries of each; none where there is only one. */
export async function loadsOf(api: Api, page: Page, range: Range, signal: AbortSignal): Promise<Load[]> {
  if (page.streams.length < 2) return [];
  // Where metadata stands among the labels, only the server can say which ones are real.
  const real = page.categorized ? undefined : new Set(await api.labelNames(range, signal));
  const loads = new Map<string, Load>();
  for (const { labels, from, to } of page.streams) {
    const own = real === undefined ? ownLabels(labels) : onlyNamed(ownLabels(labels), real);
    const key = streamKey(own);
    loads.set(key, { labels: own, entries: (loads.get(key)?.entries ?? 0) + to - from });
  }
  return loads.size > 1 ? [...loads.values()] : [];
}

const onlyNamed = (labels: Labels, names: ReadonlySet<string>): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => names.has(name)));
