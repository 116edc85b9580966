import { compareLabels, type Labels } from "../../../plugins/mimir/line/labels.ts";
import { fitting, type Matcher } from "../../../plugins/mimir/wire/matchers.ts";
import { type LabSeries, RecordedSeries } from "./series.ts";

export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** ms */
  readonly time: number;
}

export interface Description {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** What one tenant has. */
export interface Store {
  /** Those that may have samples in `[from, to]` ms, in the order of their labels. */
  select(matchers: readonly Matcher[], from: number, to: number): readonly LabSeries[];
  all(): readonly LabSeries[];
  /** The series with these labels, made when it is not there. Labels are sorted. */
  series(labels: Labels): RecordedSeries;
  find(labels: Labels): LabSeries | undefined;
  add(series: LabSeries): void;
  /** Removes the recorded samples in `[from, to]` ms, and series that have none left. */
  remove(matchers: readonly Matcher[], from: number, to: number): void;
  readonly exemplars: Map<string, { readonly labels: Labels; readonly list: Exemplar[] }>;
  readonly metadata: Map<string, Description>;
  /** Rule groups as YAML, by namespace and name. */
  readonly rules: Map<string, Map<string, string>>;
  alertmanager: string | undefined;
}

export function createStore(): Store {
  const byKey = new Map<string, LabSeries>();
  let sorted: LabSeries[] | undefined;
  const all = (): readonly LabSeries[] =>
    (sorted ??= [...byKey.values()].sort((a, b) => compareLabels(a.labels, b.labels)));
  const add = (series: LabSeries): void => {
    byKey.set(keyOf(series.labels), series);
    sorted = undefined;
  };
  const select: Store["select"] = (matchers, from, to) => {
    const fits = fitting(matchers);
    return all().filter(
      ({ labels, first, last }) => first <= to && last >= from && fits(Object.fromEntries(labels)),
    );
  };
  return {
    all,
    add,
    select,
    remove(matchers, from, to) {
      for (const series of select(matchers, from, to)) {
        if (!(series instanceof RecordedSeries)) continue;
        series.remove(from, to);
        if (series.last < series.first) byKey.delete(keyOf(series.labels));
      }
      sorted = undefined;
    },
    find: (labels) => byKey.get(keyOf(labels)),
    series(labels) {
      const known = byKey.get(keyOf(labels));
      if (known instanceof RecordedSeries) return known;
      const made = new RecordedSeries(labels);
      add(made);
      return made;
    },
    exemplars: new Map(),
    metadata: new Map(),
    rules: new Map(),
    alertmanager: undefined,
  };
}

export const keyOf = (labels: Labels): string => JSON.stringify(labels);
