/** Places that are named by a URL or by a directory's path, and not by a name of the configuration. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../../config/config.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import type { OpenStore } from "../../host/open.ts";
import { messageOf } from "../../units/message-of.ts";
import { listed } from "../../units/words.ts";
import { UsageError } from "../task/errors.ts";

const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/\S+$/;
const PATH_FORM = /^(\/|\.{1,2}(\/|$))/;

/** Whether it is a URL such as `s3://bucket/prefix`. */
const isUrl = (text: string): boolean => URL_FORM.test(text);

/** Whether a place is named by where it lies. */
export const isAddress = (place: string): boolean => isUrl(place) || PATH_FORM.test(place);

/** The place and the snapshot that a URL names: its last part is the snapshot. `undefined` for what is no URL. */
export function placedAt(text: string): { readonly place: string; readonly name: string } | undefined {
  if (!isUrl(text)) return undefined;
  const cut = text.lastIndexOf("/");
  return { place: text.slice(0, cut), name: text.slice(cut + 1) };
}

/** Whether it is the URL of a place, and of no snapshot in it. */
export function isStoreUrl(text: string): boolean {
  const name = placedAt(text)?.name;
  return name !== undefined && name !== "latest" && !/^\d{4,8}(-|$)/.test(name);
}

/** The name of the store that is opened for an address: one that a configuration could have given it. */
export const storeAt = (address: string): string =>
  `at-${new Bun.CryptoHasher("sha256").update(address).digest("hex").slice(0, 12)}`;

/** Who knows what an address means. */
interface Surroundings {
  readonly builtIns: readonly BuiltIn[];
  /** That a relative path starts at. */
  readonly directory: string;
}

/** The same configuration with stores at these addresses. @throws UsageError for an address that means no store */
export function withStoresAt(config: Config, addresses: readonly string[], around: Surroundings): Config {
  if (addresses.length === 0) return config;
  const stores = addresses.map((address) => [storeAt(address), settingsOf(address, around)] as const);
  return { ...config, stores: { ...config.stores, ...Object.fromEntries(stores) } };
}

function settingsOf(address: string, { builtIns, directory }: Surroundings): Config["stores"][string] {
  const url = isUrl(address) ? address : pathToFileURL(resolve(directory, address)).href;
  const [, scheme] = URL_FORM.exec(url) ?? [];
  const plugin = builtIns.find(({ address: one }) => one?.scheme === scheme);
  if (plugin?.address !== undefined)
    return { enabled: true, plugin: plugin.name, options: plugin.address.options(plainUrl(url)) };
  const known = builtIns.flatMap(({ address: one }) => (one === undefined ? [] : [`${one.scheme}://…`]));
  throw new UsageError(
    `${address} is no place that is known`,
    `a place is a store of the configuration, a directory's path, or a URL: ${listed(known)}`,
  );
}

/** @throws UsageError for a URL that says more than where something lies */
function plainUrl(text: string): URL {
  const url = parsed(text);
  const { username, password, port, search, hash } = url;
  const host = url.protocol === "file:" ? url.host : "";
  if ([username, password, host, port, search, hash].every((part) => part === "")) return url;
  throw new UsageError(
    `${url.protocol}//${url.host}${url.pathname} is a place, and nothing else may stand in its URL`,
    "keys and the service's address are settings of a store in the configuration, or come from the environment",
  );
}

function parsed(text: string): URL {
  try {
    const url = new URL(text);
    decodeURIComponent(url.pathname);
    return url;
  } catch (error) {
    throw new UsageError(`${text} is not a URL: ${messageOf(error)}`);
  }
}

/**
 * These stores, of which each address means one: a store of the configuration that lies there, with its rules, or else the one
 * that was opened for it.
 * @throws UsageError when several stores of the configuration lie there
 */
export function addressed(stores: readonly OpenStore[], addresses: readonly string[]): readonly OpenStore[] {
  const made = new Set(addresses.map(storeAt));
  return addresses.reduce<readonly OpenStore[]>((all, address) => {
    const own = all.find(({ name }) => name === storeAt(address));
    if (own === undefined) return all;
    const twins = all.filter((one) => !made.has(one.name) && liesWhere(one, own));
    const [twin, other] = twins;
    if (other !== undefined)
      throw new UsageError(
        `${address} may be any of ${twins.length} stores of the configuration`,
        `name the one that is meant: ${listed(twins.map(({ name }) => name))}`,
      );
    return twin === undefined
      ? all.map((one) => (one === own ? meaning(one, address) : one))
      : all.filter((one) => one !== own).map((one) => (one === twin ? meaning(one, address) : one));
  }, stores);
}

const meaning = (store: OpenStore, address: string): OpenStore => ({
  ...store,
  addresses: [...(store.addresses ?? []), address],
});

/** What tells where a store lies: a service that is named otherwise is the configuration's to say. */
const WHERE = ["bucket", "prefix", "path"] as const;

const liesWhere = (one: OpenStore, other: OpenStore): boolean =>
  one.plugin.name === other.plugin.name &&
  WHERE.every((key) => partOf(one.settings[key]) === partOf(other.settings[key]));

const partOf = (value: unknown): string => String(value ?? "").replace(/(?<=.)\/+$/, "");
