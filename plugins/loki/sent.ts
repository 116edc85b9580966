/**
 * Restores structured metadata to the form in which it was sent. Metadata with the name of one of its stream's labels is shown
 * as `NAME_extracted`, and two names are mistaken for a parser's output. Source: pkg/logql/log/labels.go (`LabelsBuilder.Add`).
 */
import type { Problem, Range } from "contextcore";
import type { Entries, PageStream } from "./entries.ts";
import type { Labels } from "./selector.ts";

const SUFFIX = "_extracted";

/** A query without a parser shows only metadata sent under these names as parsed. */
const ERRORS: readonly string[] = ["__error__", "__error_details__"];

/** The stage that drops them. */
export const WITHOUT_ERRORS = ` | drop ${ERRORS.join(", ")}`;

/** Whether labels shown as parsed were all sent as metadata. */
export const isSent = (parsed: Labels): boolean => Object.keys(parsed).every((name) => ERRORS.includes(name));

/** The name by which a query's filters know a stream's metadata. */
export const shownName = (labels: Labels, sent: string): string =>
  Object.hasOwn(labels, sent) ? sent + SUFFIX : sent;

/** Sorted by name, as a query shows them; `undefined`: they are as sent. */
function withOwnNames(labels: Labels, shown: Labels, parsed: Labels | undefined): Labels | undefined {
  const own = Object.entries(shown).map(([name, value]) => [sentName(labels, name), value] as const);
  if (parsed === undefined && own.every(([name]) => Object.hasOwn(shown, name))) return undefined;
  const all = [...own, ...Object.entries(parsed ?? {})];
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sentName(labels: Labels, shown: string): string {
  const name = shown.endsWith(SUFFIX) ? shown.slice(0, -SUFFIX.length) : shown;
  return Object.hasOwn(labels, name) ? name : shown;
}

/**
 * Gives the entries' metadata its original names.
 * @param parsed what is shown as parsed, by entry index
 * @returns the labels whose names also occur in metadata
 */
export function restoreNames(
  entries: Entries,
  streams: readonly PageStream[],
  parsed: ReadonlyMap<number, Labels>,
): ReadonlySet<string> {
  const taken = new Set<string>();
  // There is seldom anything to do, and this check costs next to nothing.
  if (parsed.size === 0 && !entries.holds(`${SUFFIX}"`)) return taken;
  const texts = new Map<number, string>();
  for (const { labels, from, to } of streams) {
    for (let index = from; index < to; index += 1) {
      const shown = entries.metadataText(index);
      const sent = withOwnNames(labels, shown === "" ? {} : JSON.parse(shown), parsed.get(index));
      if (sent === undefined) continue;
      texts.set(index, JSON.stringify(sent));
      for (const name in sent) if (Object.hasOwn(labels, name)) taken.add(name);
    }
  }
  entries.replaceMetadata(texts);
  return taken;
}

/** The one call that is needed: see `Api`. */
interface Series {
  series(selectors: readonly string[], range: Range, signal: AbortSignal): Promise<readonly Labels[]>;
}

/** What an export reports when metadata has label names. @param taken these labels */
export async function problemsOfNames(
  api: Series,
  taken: ReadonlySet<string>,
  { selector, from, to }: Range & { readonly selector: string },
  signal: AbortSignal,
): Promise<Problem[]> {
  if (taken.size === 0) return [];
  const streams = await api.series([selector], { from, to }, signal);
  const hidden = [...taken]
    .map((name) => name + SUFFIX)
    .filter((name) => streams.some((one) => Object.hasOwn(one, name)));
  return hidden.length === 0 ? [RENAMED] : [RENAMED, { ...HIDDEN, items: hidden, range: { from, to } }];
}

const RENAMED: Problem = {
  kind: "normalised",
  reason:
    "structured metadata that has the name of a label of its stream is shown by Loki as NAME_extracted, and was saved under its own name",
};

const HIDDEN: Problem = {
  kind: "lossy",
  reason:
    "some entries have structured metadata by which Loki hides a label of their stream (it shows the metadata NAME as NAME_extracted, and the stream has both labels): those entries were saved in a stream without that label",
};
