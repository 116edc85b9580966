/** Instances that lead to the same data: each would save all of it once more. */
import type { OpenBackend } from "./open.ts";

type Placed = Pick<OpenBackend, "name" | "plugin" | "url" | "tenant">;

/** The names of those of one plugin that have the same server and tenant, one list for each such place. */
export function sameServers(backends: readonly Placed[]): readonly (readonly string[])[] {
  const placed = backends.filter(({ url }) => url !== undefined);
  const key = ({ plugin, url, tenant }: Placed): string =>
    JSON.stringify([plugin.name, url?.replace(/\/+$/, ""), tenant ?? ""]);
  return [...Map.groupBy(placed, key).values()]
    .filter((some) => some.length > 1)
    .map((some) => some.map(({ name }) => name));
}
