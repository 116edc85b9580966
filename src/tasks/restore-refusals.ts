/** What a restore is refused for before anything is written. */
import { inTheWay } from "../restore/compared.ts";
import type { PlannedRestore } from "../restore/plan.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import { counted, listed } from "../units/words.ts";
import { RefusedError } from "./task/errors.ts";

/** @throws RefusedError when data of several tenants would be merged into one */
export function requireOneTenant({ chains }: Chosen): void {
  for (const { backend, links } of chains) {
    const tenants = [...new Set(links.flatMap(({ plugin }) => plugin.tenant ?? []))];
    if (tenants.length < 2) continue;
    throw new RefusedError(
      `${backend} was saved as several tenants: ${listed(tenants.map(tenantText))}`,
      "name the snapshots of one tenant; or write all of it into one with --into TENANT",
    );
  }
}

const NAMED_MAX = 10;

/** @throws RefusedError when objects on a server differ, or could not be compared */
export function requireNothingInTheWay({ targets }: PlannedRestore): void {
  const found = targets.flatMap((target) =>
    inTheWay(target).map((one) => ({ ...one, backend: target.name })),
  );
  if (found.length === 0) return;
  const named = found
    .slice(0, NAMED_MAX)
    .map(({ backend, name, what }) => `${backend}: ${name}: ${what ?? "it differs"}`);
  const more = found.length - named.length;
  throw new RefusedError(
    `${counted(found.length, "object")} on the servers ${found.length === 1 ? "is" : "are"} not as in the snapshot: ${named.join("; ")}${more > 0 ? `; and ${more.toLocaleString("en")} more` : ""}`,
    "nothing was written; --existing keep leaves them as they are, --existing replace overwrites them",
  );
}

/** How a tenant is named to people. */
export const tenantText = (tenant: string): string => (tenant === "" ? "no tenant" : tenant);
