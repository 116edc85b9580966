/** Whose data is put back, and for whom: data of one tenant is not to become another's without a word. */
import type { OpenBackend } from "../../host/open.ts";
import type { RestorePlan } from "../../restore/plan.ts";
import type { Chosen } from "../../snapshot/catalog/choose.ts";
import type { Source } from "../../snapshot/catalog/source.ts";
import { RefusedError } from "../../tasks/errors.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { listed } from "../../units/words.ts";

/** What a backend's snapshots say of it. @param into the tenant that it is opened as instead of its own, which says nothing of them */
export const sourceOf = ({ name, url, tenant }: OpenBackend, into: string | undefined): Source => ({
  name,
  ...(url === undefined ? {} : { url }),
  ...(tenant === undefined || into !== undefined ? {} : { tenant }),
});

/** @throws RefusedError when data of several tenants would become that of one */
export function requireOneTenant({ chains }: Chosen): void {
  for (const { backend, links } of chains) {
    const tenants = [...new Set(links.flatMap(({ plugin }) => plugin.tenant ?? []))];
    if (tenants.length < 2) continue;
    throw new RefusedError(
      `${backend} was saved as several tenants: ${listed(tenants.map(shown))}`,
      "name the snapshots of one tenant; or write all of it into one with --into TENANT",
    );
  }
}

/** Says of which backends the data was saved as another tenant than it is written as. */
export function tellTenants({ targets }: RestorePlan, { note, noteColors }: Terminal): void {
  for (const { name, saved, open } of targets) {
    if (saved.tenant === undefined || open.tenant === undefined || saved.tenant === open.tenant) continue;
    const [was, is] = [saved.tenant, open.tenant].map(shown);
    note(`${noteColors.yellow("tenant:")} ${name} was saved as ${was}, and is written as ${is}`);
  }
}

const shown = (tenant: string): string => (tenant === "" ? "no tenant" : tenant);
