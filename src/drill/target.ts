/** What a backend's data is restored into for a drill: a configured server, a scratch place, or the look-alike of its server. */
import type { Config } from "../config/config.ts";
import { targetName, targetsAsBackends } from "../config/drill-targets.ts";
import type { OpenBackend } from "../host/open.ts";
import { hasTenant } from "../host/opening.ts";
import { given } from "../units/given.ts";
import { NoTargetError } from "./errors.ts";
import { hasLookAlike, startLookAlike } from "./look-alike.ts";
import type { DrillScratch } from "./scratch.ts";
import { heldAt, inScratch } from "./scratch-place.ts";
import { programOf, startScratchServer } from "./scratch-server.ts";
import type { TargetKind } from "./target-kind.ts";

/** A target, opened, until it is disposed of. */
export interface OpenTarget extends AsyncDisposable {
  readonly kind: TargetKind;
  readonly open: OpenBackend;
}

/** What a target is opened with. */
interface TargetSurroundings {
  readonly config: Config;
  /** The tenant that a drill's data goes to, on a server that has tenants. */
  readonly tenant: string;
  readonly scratch: DrillScratch;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
}

/** Which kind of target a backend gets. @throws NoTargetError when there is none */
export function kindOfTarget({ plugin, name, configured = name }: OpenBackend, config: Config): TargetKind {
  if (Object.hasOwn(config.drill, configured)) return "server";
  if (heldAt(plugin) !== undefined || programOf(plugin, config) !== undefined) return "scratch";
  if (hasLookAlike(plugin.name)) return "look-alike";
  const programs = plugin.scratch?.programs.join(" or ");
  const install = programs === undefined ? "" : `, or install ${programs}`;
  throw new NoTargetError(
    `there is nothing to restore it into: name a server below drill.${configured}${install}`,
  );
}

/** Opens the target of a backend. @throws NoTargetError, ConfigError, what its plugin throws */
export async function openTarget(of: OpenBackend, surroundings: TargetSurroundings): Promise<OpenTarget> {
  const kind = kindOfTarget(of, surroundings.config);
  const { open, end = async () => undefined } = await OPENING[kind](of, surroundings);
  // Its data is saved and found under the name of its backend, and in the same folder.
  const { folder: _, ...target } = open;
  const { name, folder } = of;
  const named = { ...target, name, ...(folder === undefined ? {} : { folder }) };
  return { kind, open: named, [Symbol.asyncDispose]: end };
}

interface Opened {
  readonly open: OpenBackend;
  readonly end?: () => Promise<void>;
}

type Opening = (of: OpenBackend, surroundings: TargetSurroundings) => Promise<Opened>;

const OPENING: Readonly<Record<TargetKind, Opening>> = {
  server: async (of, { config, tenant }) => ({ open: await openServer(of, config, tenant) }),
  async scratch(of, surroundings) {
    const { config, scratch } = surroundings;
    if (heldAt(of.plugin) !== undefined) return { open: await inScratch(of, config, scratch) };
    const { options, end } = await startScratchServer(of, surroundings);
    return openedWith(of, config, { options, end });
  },
  async "look-alike"(of, { config, note }) {
    return openedWith(of, config, await startLookAlike(of.plugin.name, note));
  },
};

/**
 * The configured server of a backend's drills.
 * @param tenant in place of none; one that the configuration names stays
 * @throws ConfigError, what its plugin throws
 */
export async function openServer(
  of: OpenBackend,
  config: Config,
  tenant: string | undefined,
): Promise<OpenBackend> {
  const { name, configured = name, plugin } = of;
  const isNamed = config.drill[configured]?.options.tenant !== undefined;
  const at = { name: targetName(configured), config: targetsAsBackends(config) };
  return elsewhere(of, { ...at, ...(hasTenant(plugin) && !isNamed ? given({ tenant }) : {}) });
}

/** Opens a server of the drill's own with these options and no others; when that fails, the server is ended. */
async function openedWith(
  of: OpenBackend,
  config: Config,
  {
    options,
    end,
  }: { readonly options: Readonly<Record<string, unknown>>; readonly end: () => Promise<void> },
): Promise<Opened> {
  const { name, configured = name } = of;
  const own = { ...targetsAsBackends({ ...config, drill: { [configured]: { options } } }), overrides: {} };
  const isOthers = ([variable]: [string, unknown]): boolean => !variable.startsWith("CONTEXTCORE_DRILL_");
  const env = Object.fromEntries(Object.entries(config.env).filter(isOthers));
  try {
    return { open: await elsewhere(of, { name: targetName(configured), config: { ...own, env } }), end };
  } catch (error) {
    await end();
    throw error;
  }
}

function elsewhere(of: OpenBackend, at: Parameters<NonNullable<OpenBackend["elsewhere"]>>[0]) {
  if (of.elsewhere === undefined) throw new NoTargetError("its plugin did not open");
  return of.elsewhere(at);
}
