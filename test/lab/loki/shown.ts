/**
 * What queries make of an entry's structured metadata.
 * Source: pkg/logql/log/labels.go (`Add`, `UnsortedLabels`, `LabelsResult`), pkg/iter/categorized_labels_iterator.go.
 */
import { type Entry, pairsOf } from "./entry.ts";
import { type Labels, toLabels } from "./labels.ts";
import type { Stream } from "./store.ts";

/** An entry's labels as a query sees them, by where they come from. */
export interface Shown {
  readonly stream: Labels;
  readonly metadata: Labels;
  readonly parsed: Labels;
}

/** Metadata of these names is taken for what a parser said went wrong. */
const ERRORS: readonly string[] = ["__error__", "__error_details__"];

/** Whether it has what makes a metric query fail. */
export const hasError = ({ metadata }: Entry): boolean => metadata.includes('"__error__":');

/** What to look for in an entry's metadata, by stream: without it, it is shown as it is stored. */
const needles = new WeakMap<Stream, readonly string[]>();

function needlesOf(stream: Stream): readonly string[] {
  const known = needles.get(stream) ?? [...stream.labels.map(([name]) => `"${name}":`), '"__error'];
  needles.set(stream, known);
  return known;
}

/** `undefined`: as it is stored. */
export function shownOf(stream: Stream, { metadata }: Entry): Shown | undefined {
  if (metadata === "" || !needlesOf(stream).some((needle) => metadata.includes(needle))) return undefined;
  const own = new Set(stream.labels.map(([name]) => name));
  const [shown, parsed] = [new Map<string, string>(), new Map<string, string>()];
  for (const [stored, value] of pairsOf(metadata)) {
    const name = own.has(stored) ? `${stored}_extracted` : stored;
    (ERRORS.includes(name) ? parsed : shown).set(name, value);
  }
  return {
    stream: stream.labels.filter(([name]) => !shown.has(name)),
    metadata: toLabels(shown),
    parsed: toLabels(parsed),
  };
}

/** All of an entry's labels together, as filters and metric queries see them. */
export function allLabels(stream: Stream, entry: Entry): Labels {
  const {
    stream: own,
    metadata,
    parsed,
  } = shownOf(stream, entry) ?? {
    stream: stream.labels,
    metadata: pairsOf(entry.metadata),
    parsed: [],
  };
  return toLabels(new Map([...own, ...metadata, ...parsed]));
}
