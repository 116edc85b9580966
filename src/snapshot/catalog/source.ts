/** Whose data a snapshot holds: one name may stand for another server, or another tenant, later. */
import type { ManifestPlugin } from "../format/manifest.ts";

/** A backend, at a server, as a tenant. What is not known is left away. */
export type Source = Pick<ManifestPlugin, "name" | "url" | "tenant">;

/** Whether both are the same as far as is known: older snapshots name no tenant, and not every plugin has a server. */
export const isSameSource = (a: Source, b: Source): boolean =>
  a.name === b.name && isSameText(address(a), address(b)) && isSameText(a.tenant, b.tenant);

const address = ({ url }: Source): string | undefined => url?.replace(/\/+$/, "");

const isSameText = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined || a === b;
