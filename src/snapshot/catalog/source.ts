/** Whose data a snapshot holds. One name may later mean another server, another tenant, or another plugin's instance. */
import type { ManifestPlugin } from "../format/manifest.ts";

/** A plugin's backend at a server, as a tenant. Unknown members are left out; without a plugin it is the one of the same name. */
export interface Source extends Pick<ManifestPlugin, "name" | "url" | "tenant"> {
  readonly plugin?: string | { readonly name: string };
}

/** Whether both are the same as far as known: older snapshots name no tenant, and not every plugin has a server. */
export const isSameSource = (a: Source, b: Source): boolean =>
  a.name === b.name &&
  isSamePlugin(a, b) &&
  isSameText(address(a), address(b)) &&
  isSameText(a.tenant, b.tenant);

/** Whether both are known to be the same server, asked by the same plugin as the same tenant, whatever they are called. */
export const isSameServer = (a: Source, b: Source): boolean =>
  isSamePlugin(a, b) &&
  address(a) !== undefined &&
  address(a) === address(b) &&
  (a.tenant ?? "") === (b.tenant ?? "");

/** One address may serve several plugins. */
export const isSamePlugin = (a: Source, b: Source): boolean => pluginName(a) === pluginName(b);

const pluginName = ({ name, plugin = name }: Source): string =>
  typeof plugin === "string" ? plugin : plugin.name;

const address = ({ url }: Source): string | undefined => url?.replace(/\/+$/, "");

const isSameText = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined || a === b;
