/** Refuses a configured target that may be one of the stack's own servers, or that holds somebody's data. */
import type { Config } from "../config/config.ts";
import { targetName, targetsAsBackends } from "../config/drill-targets.ts";
import { configuredAs } from "../config/instances.ts";
import { about } from "../config/introspect.ts";
import { type ResolvedOptions, resolveOptions } from "../config/resolve-options.ts";
import { expand } from "../config/secrets.ts";
import type { Inventory, Plugin } from "../contract/contract.ts";
import { isKind } from "../contract/errors.ts";
import type { OptionMetadata } from "../contract/options.ts";
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { LOOK_TUNING } from "../engine/tuning.ts";
import type { OpenBackend } from "../host/open.ts";
import { hasTenant } from "../host/opening.ts";
import { realPath } from "../storage/real-path.ts";
import { countsText } from "../units/unit-text.ts";
import { isSameAddress, readAddress } from "./addresses.ts";
import { TargetRefused } from "./errors.ts";
import { openServer } from "./target.ts";

/** The stack that a target must not be a part of. */
export interface Production {
  readonly config: Config;
  /** All of its backends, also those that are not drilled. */
  readonly backends: readonly OpenBackend[];
}

/**
 * Refuses the server that the configuration names for the drills of a backend, if its address, its path or its tenant is any
 * backend's. Asks no server. @throws TargetRefused
 */
export async function requireOtherServer(of: OpenBackend, { config, backends }: Production): Promise<void> {
  const { name, configured = name, plugin } = of;
  const key = `drill.${configured}`;
  const target = optionsOf(targetName(configured), plugin, targetsAsBackends(config));
  const addresses = placesIn(plugin, target, "address");
  const others = [...backends.flatMap((one) => addressesOf(one, config)), ...writtenAddresses(config)];
  for (const address of addresses)
    for (const other of others) if (await isSamePlace(address, other)) throw sameServer(key, address, other);
  for (const path of placesIn(plugin, target, "path").filter((one) => one.key !== ONLY_READ))
    for (const one of backends)
      if (pathsOf(one, config).some((place) => overlaps(path.text, place)))
        throw new TargetRefused(`${key} is where ${one.name} has its data: ${path.text}`, ELSEWHERE);
  const { tenant } = target;
  const owner = typeof tenant === "string" && tenant !== "" && backends.find((one) => one.tenant === tenant);
  if (owner)
    throw new TargetRefused(`${key} has the tenant ${tenant}, which is that of ${owner.name}`, NO_TENANT);
}

/** Certificate authorities are data of nobody. */
const ONLY_READ = "ca";

const pathsOf = ({ name, configured = name, plugin, places = [] }: OpenBackend, config: Config): string[] => [
  ...places,
  ...placesIn(plugin, optionsOf(configured, plugin, config), "path", name)
    .filter(({ key }) => key !== ONLY_READ)
    .map(({ text }) => text),
];

const ELSEWHERE = "a drill restores into a server or a directory that nobody else uses: name another one";
const NO_TENANT = "leave the tenant out: each drill uses one of its own";

const sameServer = (key: string, { text }: Place, { text: other, owner }: Place): TargetRefused =>
  new TargetRefused(
    `${key} leads to ${text}, and that is the server of ${owner}${other === text ? "" : ` (${other})`}`,
    ELSEWHERE,
  );

/** Where something is, and whose. */
interface Place {
  /** The option. */
  readonly key: string;
  readonly text: string;
  /** The port where none is written. */
  readonly port: string | undefined;
  readonly owner: string;
}

async function isSamePlace(a: Place, b: Place): Promise<boolean> {
  const [left, right] = [readAddress(a.text, a.port), readAddress(b.text, b.port)];
  return left !== undefined && right !== undefined && (await isSameAddress(left, right));
}

const optionsOf = (name: string, plugin: Plugin, config: Config): ResolvedOptions["options"] =>
  resolveOptions(configuredAs(name, plugin), "backends", config).options;

const addressesOf = ({ name, configured = name, plugin }: OpenBackend, config: Config): Place[] =>
  placesIn(plugin, optionsOf(configured, plugin, config), "address", name);

function placesIn(
  { options: schema }: Plugin,
  options: ResolvedOptions["options"],
  reaches: "address" | "path",
  owner = "",
): Place[] {
  return Object.entries(schema.entries).flatMap(([key, entry]) => {
    const meant = about(entry);
    const text = options[key] ?? derivedOf(meant, options.url);
    if (meant.reaches !== reaches || typeof text !== "string") return [];
    return [{ key, text, owner, port: defaultPort(entry) }];
  });
}

const derivedOf = ({ derived }: OptionMetadata, url: unknown): string | undefined =>
  typeof url === "string" && URL.canParse(url) ? derived?.(url) : undefined;

function defaultPort(entry: object): string | undefined {
  const fallback: unknown = "default" in entry ? entry.default : undefined;
  return typeof fallback === "string" ? readAddress(fallback)?.port : undefined;
}

/** Those of backends that are not open: they are somebody's servers all the same. */
const writtenAddresses = ({ backends, env }: Config): Place[] =>
  Object.entries(backends).flatMap(([owner, { options }]) =>
    ["url", "address"].flatMap((key): Place[] => {
      const text = options[key];
      return typeof text === "string" ? [{ key, text: readable(text, env), owner, port: undefined }] : [];
    }),
  );

function readable(text: string, env: Config["env"]): string {
  try {
    return String(expand(text, env));
  } catch {
    return text;
  }
}

function overlaps(a: string, b: string): boolean {
  const [left, right] = [realPath(a), realPath(b)];
  return left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);
}

/**
 * Refuses a server that holds anything: as it is opened for the drill, and as each backend of its kind would be opened, since
 * another name, a proxy or a redirect may lead to the stack's own server.
 * @throws TargetRefused, what the server says
 */
export async function requireEmpty(
  of: OpenBackend,
  target: OpenBackend,
  { config, backends }: Production,
  signal: AbortSignal,
): Promise<void> {
  const key = `drill.${of.configured ?? of.name}`;
  await requireNothing(target, `${key} holds data already`, signal);
  if (!hasTenant(of.plugin)) return;
  const kin = backends.filter(({ plugin }) => plugin.name === of.plugin.name);
  for (const tenant of new Set(kin.map((one) => one.tenant ?? ""))) {
    const there = await openServer(of, config, tenant === "" ? undefined : tenant);
    const what = `${key} holds data of ${tenant === "" ? "no tenant" : `the tenant ${tenant}`}`;
    await unlessRefused(requireNothing(there, what, signal));
  }
}

/** A server that knows no such tenant holds nothing of it. */
async function unlessRefused(looking: Promise<void>): Promise<void> {
  try {
    await looking;
  } catch (error) {
    if (!isKind(error, "refused")) throw error;
  }
}

async function requireNothing(target: OpenBackend, what: string, signal: AbortSignal): Promise<void> {
  const { call } = createConcurrencyLimit({ concurrency: 1, tuning: LOOK_TUNING, signal });
  const found = heldText(await call((inner) => target.backend.inventory(inner)));
  if (found === undefined) return;
  throw new TargetRefused(
    `${what} (${found}): it may be in use`,
    "a drill restores into an empty server: make it anew before each drill, with a command that `before` names",
  );
}

/** What it holds, in words; `undefined`: nothing. */
function heldText({ counts = {}, oldest, newest }: Inventory): string | undefined {
  const some = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  if (Object.keys(some).length > 0) return countsText(some);
  return oldest === undefined && newest === undefined ? undefined : "some data with a time";
}
