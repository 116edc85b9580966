/**
 * Splits a selector by label values. Busy streams get their own selector, quiet ones share one, and one selector covers all
 * streams that were not seen: the parts never overlap and together match exactly what the whole did.
 */
import type { Range } from "contextcore";
import type { Api } from "../server/api.ts";
import type { Page } from "../server/page.ts";
import {
  also,
  anyOf,
  escapeRegex,
  type Labels,
  type Matcher,
  ownLabels,
  streamKey,
} from "../server/selector.ts";

/** A stream and its expected number of entries. */
interface Load {
  readonly labels: Labels;
  readonly entries: number;
}

interface Bucket {
  readonly value: string;
  readonly loads: Load[];
  entries: number;
}

/** A longer list of values makes a query slow to parse and a cursor large. Characters. */
const LIST_MAX = 2_000;

/**
 * Splits the selector.
 * @param target about how many entries a part should have; a stream with more gets its own part
 * @returns the selector itself when its streams cannot be told apart
 */
export function partition(selector: string, loads: readonly Load[], target: number): string[] {
  const name = bestLabel(loads);
  if (name === undefined) return [selector];
  const buckets = bucketsOf(loads, name).sort((a, b) => b.entries - a.entries);
  const groups = pack(buckets, target);
  const listed = groups.flat();
  const parts = groups.flatMap((group) => {
    const part = also(selector, valuesOf(name, group));
    const inside = group.flatMap((bucket) => bucket.loads);
    return weight(group) > target ? partition(part, inside, target) : [part];
  });
  return [...parts, also(selector, ...noneOf(name, listed))];
}

const weight = (group: readonly Bucket[]): number => group.reduce((sum, { entries }) => sum + entries, 0);

/** The label that spreads the load best: the one whose heaviest value is lightest, then the one with most values. */
function bestLabel(loads: readonly Load[]): string | undefined {
  const names = [...new Set(loads.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const ranked = names
    .map((name) => ({ name, buckets: bucketsOf(loads, name) }))
    .filter(({ buckets }) => buckets.length > 1)
    .map(({ name, buckets }) => ({
      name,
      values: buckets.length,
      heaviest: Math.max(...buckets.map((one) => one.entries)),
    }))
    .sort((a, b) => a.heaviest - b.heaviest || b.values - a.values);
  return ranked[0]?.name;
}

function bucketsOf(loads: readonly Load[], name: string): Bucket[] {
  const buckets = new Map<string, Bucket>();
  for (const load of loads) {
    const value = Object.hasOwn(load.labels, name) ? (load.labels[name] ?? "") : "";
    const bucket = buckets.get(value) ?? { value, loads: [], entries: 0 };
    buckets.set(value, bucket);
    bucket.loads.push(load);
    bucket.entries += load.entries;
  }
  return [...buckets.values()];
}

/** Heavy values alone, light ones together up to the target; values that do not fit the list are left to the rest. */
function pack(buckets: readonly Bucket[], target: number): Bucket[][] {
  const groups: Bucket[][] = [];
  let room = LIST_MAX;
  let open: Bucket[] = [];
  for (const bucket of buckets) {
    room -= escapeRegex(bucket.value).length + 1;
    if (room < 0 && groups.length > 0) break;
    // A list of values cannot contain the empty value, so it gets its own matcher.
    if (bucket.value === "") groups.push([bucket]);
    else if (open.length > 0 && weight(open) + bucket.entries <= target) open.push(bucket);
    else {
      open = [bucket];
      groups.push(open);
    }
  }
  return groups;
}

const valuesOf = (name: string, group: readonly Bucket[]): Matcher =>
  anyOf(
    name,
    group.map(({ value }) => value),
  );

function noneOf(name: string, buckets: readonly Bucket[]): Matcher[] {
  const values = buckets.map(({ value }) => value).filter((value) => value !== "");
  const listed: Matcher = { name, operator: "!~", value: values.map(escapeRegex).join("|") };
  const empty: Matcher = { name, operator: "!=", value: "" };
  return [...(values.length > 0 ? [listed] : []), ...(values.length < buckets.length ? [empty] : [])];
}

/**
 * A page's streams by the labels that they can be selected by, with the number of entries of each; none where there is only one.
 */
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
