/** What a query of remote read found, and how its series are shown. */
import { type Labels, sortedLabels } from "../../../plugins/mimir/line/labels.ts";
import type { Query } from "./read-request.ts";
import type { LabSeries } from "./series.ts";

export type Found = Query & { readonly series: readonly LabSeries[] };

/** The labels with those that the server adds, where a series has none of that name. */
export const withExternal = (labels: Labels, external: Readonly<Record<string, string>>): Labels =>
  sortedLabels({ ...external, ...Object.fromEntries(labels) });
