/** What a check covers: the requested rules, and the options each side of the plugin is opened with. */
import { resolve } from "node:path";
import * as v from "valibot";
import type { ConfigError } from "../../config/errors.ts";
import { refusedOptions, resolveOptions } from "../../config/resolve-options.ts";
import type { PlannedRule } from "../../conformance/apart/check-apart.ts";
import type { CheckTarget } from "../../conformance/subject.ts";
import { SUITES } from "../../conformance/suite.ts";
import type { Plugin } from "../../contract/contract.ts";
import type { Apart } from "../../host/apart/load-apart.ts";
import { ARRIVED_PATH, FACES, type Served } from "../../host/apart/messages.ts";
import type { OptionsRefused } from "../../host/apart/options-refused.ts";
import { redactorFor, secretKeysOf } from "../../host/secrets.ts";
import { isThere } from "../../storage/entries.ts";
import { readNamedText } from "../../storage/own-file.ts";
import { given } from "../../units/given.ts";
import { configOf } from "../caller.ts";
import type { CheckCall } from "./check-args.ts";

interface CheckedPlugin {
  readonly plugin: Plugin;
  readonly apart: Apart;
}

/** The side's options from the configuration and the environment as usual, overridden by the command line. */
export async function targetOf(
  call: CheckCall,
  face: CheckTarget["face"],
  { plugin, apart }: CheckedPlugin,
  lab: Served | undefined,
): Promise<CheckTarget> {
  const { option, arrived } = call.args;
  const kind = kindOf(face);
  const served = Object.hasOwn(plugin.options.entries, "url") ? lab : undefined;
  const set = [...withLab(option, lab?.filled), ...urlOf(call.args.url ?? served?.filled)];
  const empty = [...urlOf(served?.empty), ...withLab(call.args.empty, lab?.empty)];
  const config = await configOf(call);
  const withGiven = (pairs: readonly (readonly [string, string])[]) => {
    const own = pairs.map(([key, value]) => [`${kind}.${plugin.name}.${key}`, value]);
    const overrides = { ...config.overrides, ...Object.fromEntries(own) };
    return resolveOptions(plugin, kind, { ...config, overrides });
  };
  const resolved = withGiven(set);
  const options = optionsOf(resolved);
  return {
    declaration: plugin,
    apart,
    origin: "third-party",
    face,
    options,
    redact: redactorFor(options, secretKeysOf(resolved)),
    ...(served?.arrived ? { arrived: () => arrivedAt(served) } : {}),
    ...given({ subject: served?.subject, match: served?.match }),
    ...(arrived === undefined ? {} : { arrived: () => linesIn(resolve(call.directory, arrived)) }),
    ...(empty.length === 0 ? {} : { empty: optionsOf(withGiven([...set, ...empty])) }),
  };
}

/** The plugin's own options, and the time limit of a call. */
const optionsOf = ({ options, core }: ReturnType<typeof resolveOptions>) => ({
  ...given({ timeout: core.timeout }),
  ...options,
});

/** Which of the given options the plugin refuses. */
export async function optionsRefusal(
  call: CheckCall,
  { plugin }: CheckedPlugin,
  { issues }: OptionsRefused,
): Promise<ConfigError> {
  const config = await configOf(call);
  const [face = "backend"] = FACES.filter((one) => plugin[one] !== undefined);
  const kind = kindOf(face);
  return refusedOptions(plugin, kind, config, { found: [] }, issues);
}

/** The configuration section with this side's options. */
const kindOf = (face: CheckTarget["face"]) => `${face}s` as const;

type Settings = CheckCall["args"]["option"];

/** A server may have more than one URL: `{lab}` in a value stands for the lab's. */
const withLab = (settings: Settings, url: string | undefined): Settings =>
  url === undefined
    ? settings
    : settings.map(([name, value]) => [name, value.replaceAll("{lab}", url)] as const);

const urlOf = (url: string | undefined): (readonly [string, string])[] =>
  url === undefined ? [] : [["url", url]];

/** The lines that have arrived, from a lab that reports them. */
async function arrivedAt({ filled }: Served): Promise<readonly string[]> {
  const answer = await fetch(filled + ARRIVED_PATH);
  return v.parse(v.array(v.string()), await answer.json());
}

/** A check delivers a few hundred events. bytes */
const LINES_BYTES_MAX = 64 << 20;

/** A file that does not exist yet has no lines. */
async function linesIn(path: string): Promise<string[]> {
  return isThere(path)
    ? readNamedText(path, LINES_BYTES_MAX)
        .split("\n")
        .filter((line) => line !== "")
    : [];
}

/** Every requested rule for the sides that the plugin has. */
export function rulesOf({ args }: CheckCall, plugin: Plugin): readonly PlannedRule[] {
  const sides = FACES.filter((face) => plugin[face] !== undefined).flatMap((face) =>
    SUITES[face].map((check) => ({ face, check })),
  );
  return args.rule.length === 0 ? sides : sides.filter(({ check }) => args.rule.includes(check.name));
}
