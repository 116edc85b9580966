import type { DashboardStore } from "../contract/contract.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext, Wanted } from "./task/task.ts";

/** Chooses the backend when several keep dashboards. */
export const PLUGIN = {
  type: "value",
  hint: "NAME",
  complete: "backends",
  about: "the backend with the dashboards (default: the only one that has any)",
} as const;

/** The backend that keeps dashboards, of those that were asked for. @throws UsageError when there is none, or more than one */
export function storeOf({ backends, failures }: Pick<TaskContext, "backends" | "failures">): {
  name: string;
  store: DashboardStore;
} {
  const found = backends.flatMap(({ name, backend: { dashboards } }) =>
    dashboards === undefined ? [] : [{ name, store: dashboards }],
  );
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  if (only !== undefined) {
    const names = found.map(({ name }) => name).join(", ");
    throw new UsageError(`several backends keep dashboards: ${names}`, "name one with --plugin");
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
  throw new UsageError("no configured backend keeps dashboards", "is `backends.grafana.enabled` false?");
}

/** Opens only the named backend, if one is named. */
export const ownerOf = ({ plugin }: { readonly plugin: string | undefined }): Wanted =>
  plugin === undefined ? {} : { only: [plugin] };
