/** Finds instances that lead to the same data, since each would save all of it again. */
import type { OpenBackend } from "./open.ts";

type Placed = Pick<OpenBackend, "name" | "plugin" | "url" | "tenant">;

/** The names of instances of one plugin with the same server and tenant, as one list for each such server and tenant. */
export function sameServers(backends: readonly Placed[]): readonly (readonly string[])[] {
  const placed = backends.filter(({ url }) => url !== undefined);
  const key = ({ plugin, url, tenant }: Placed): string =>
    JSON.stringify([plugin.name, url?.replace(/\/+$/, ""), tenant ?? ""]);
  return [...Map.groupBy(placed, key).values()]
    .filter((some) => some.length > 1)
    .map((some) => some.map(({ name }) => name));
}
