/** What the child processes of a check do: one runs the rules, another one is the lab. */
import { resolve } from "node:path";
import { resolveOptions } from "../../config/resolve-options.ts";
import { answerQuestions } from "../../plugin/conformance/apart/answer.ts";
import { findLab, loadLab } from "../../plugin/conformance/apart/find-lab.ts";
import { arrivedAt, labPart } from "../../plugin/conformance/apart/lab-part.ts";
import type { Served } from "../../plugin/conformance/apart/messages.ts";
import { type Planned, rulesPart } from "../../plugin/conformance/apart/rules-part.ts";
import { CHECK_LIMIT_MS, type Check } from "../../plugin/conformance/check.ts";
import type { Subject, Target } from "../../plugin/conformance/subject.ts";
import { backendSuite, sinkSuite } from "../../plugin/conformance/suite.ts";
import { hideFromOutput } from "../../plugin/containment.ts";
import type { Plugin } from "../../plugin/contract.ts";
import { loadPlugin } from "../../plugin/load.ts";
import type { LoadedPlugin } from "../../plugin/opening.ts";
import { redactorFor, secretKeysOf } from "../../plugin/secrets.ts";
import { pluginFiles } from "../../plugin/trust/files.ts";
import { showError } from "../../terminal/show-error.ts";
import type { Call } from "../command.ts";
import { failureCode } from "../failure.ts";
import { configOf } from "../stack.ts";
import type { CheckArgs } from "./check.ts";
import { locationOf } from "./check-processes.ts";

type CheckCall = Call<CheckArgs>;

/** Answers the command's questions as long as there is a command that asks. */
export async function playPart(part: string, call: CheckCall): Promise<never> {
  return answerQuestions(part === "lab" ? await labOf(call) : rulesOfCall(call), (error) => {
    showError(error, call.terminal, call.debug);
    return failureCode(error, call.signal);
  });
}

const rulesOfCall = (call: CheckCall) =>
  rulesPart({
    load: () => load(call),
    rulesOf: (loaded) => rulesOf(call, loaded),
    targetOf: (...of) => targetOf(call, ...of),
    limitMs: call.args.limit ?? CHECK_LIMIT_MS,
  });

async function labOf(call: CheckCall) {
  const name = call.args.lab;
  if (name !== undefined) {
    const { loadPackedLab } = await import("../../plugin/conformance/apart/packed-lab.ts");
    return labPart(() => loadPackedLab(name), name);
  }
  const path = findLab(await locationOf(call)) ?? "";
  return labPart(() => loadLab(path), path);
}

async function load(call: CheckCall): Promise<LoadedPlugin> {
  const location = await locationOf(call);
  return loadPlugin(location, pluginFiles(location));
}

/** Options from the configuration and the environment, as always, and over them what the command line says. */
async function targetOf(
  call: CheckCall,
  face: Target["face"],
  { plugin }: LoadedPlugin,
  lab: Served | undefined,
): Promise<Target> {
  const { option, arrived } = call.args;
  const kind = face === "backend" ? "backends" : "sinks";
  const served = Object.hasOwn(plugin.options.entries, "url") ? lab : undefined;
  const given = [...withLab(option, lab?.filled), ...urlOf(call.args.url ?? served?.filled)];
  const empty = [...urlOf(served?.empty), ...withLab(call.args.empty, lab?.empty)];
  const config = await configOf(call);
  const withGiven = (pairs: readonly (readonly [string, string])[]) => {
    const own = pairs.map(([key, value]) => [`${kind}.${plugin.name}.${key}`, value]);
    return resolveOptions(plugin, kind, {
      ...config,
      overrides: { ...config.overrides, ...Object.fromEntries(own) },
    });
  };
  const resolved = withGiven(given);
  const { options } = resolved;
  const redact = redactorFor(options, secretKeysOf(resolved));
  hideFromOutput(redact);
  return {
    declaration: plugin,
    origin: "third-party",
    face,
    options,
    redact,
    ...(served?.arrived ? { arrived: () => arrivedAt(served) } : {}),
    ...(arrived === undefined ? {} : { arrived: () => linesIn(resolve(call.directory, arrived)) }),
    ...(empty.length === 0 ? {} : { empty: withGiven([...given, ...empty]).options }),
  };
}

type Settings = CheckCall["args"]["option"];

/** A server may be reached at more than one URL: `{lab}` in a value stands for the lab's. */
const withLab = (settings: Settings, url: string | undefined): Settings =>
  url === undefined
    ? settings
    : settings.map(([name, value]) => [name, value.replaceAll("{lab}", url)] as const);

const urlOf = (url: string | undefined): (readonly [string, string])[] =>
  url === undefined ? [] : [["url", url]];

/** A file that is not there yet has no lines. */
async function linesIn(path: string): Promise<string[]> {
  const file = Bun.file(path);
  return (await file.exists()) ? (await file.text()).split("\n").filter((line) => line !== "") : [];
}

function rulesOf({ args }: CheckCall, { plugin }: LoadedPlugin): readonly Planned[] {
  const sides = [...side("backend", plugin, backendSuite), ...side("sink", plugin, sinkSuite)];
  return args.rule.length === 0 ? sides : sides.filter(({ check }) => args.rule.includes(check.name));
}

const side = (face: Target["face"], plugin: Plugin, suite: readonly Check<Subject>[]): readonly Planned[] =>
  plugin[face] === undefined ? [] : suite.map((check) => ({ face, check }));
