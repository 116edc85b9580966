import type { KeptSnapshot } from "./kept.ts";
import { isSameServer, type Source } from "./source.ts";

/**
 * The name under which the newest snapshot that has this very server, plugin and tenant has it, if that is another name, and
 * nobody's now: the backend was probably renamed. Snapshots know backends by their names, so none of it counts as saved.
 * @param present the names of the backends that there are
 */
export const formerName = (
  snapshots: readonly KeptSnapshot[],
  source: Source,
  present: readonly string[],
): string | undefined =>
  snapshots
    .toReversed()
    .flatMap(({ manifest }) => manifest.plugins)
    .find((one) => !present.includes(one.name) && one.name !== source.name && isSameServer(one, source))
    ?.name;
