import { resolve } from "node:path";
import { resolveOptions } from "../../config/resolve-options.ts";
import { type Check, runCheck } from "../../plugin/conformance/check.ts";
import { openSubject, type Subject, type Target } from "../../plugin/conformance/subject.ts";
import { backendSuite, sinkSuite } from "../../plugin/conformance/suite.ts";
import type { Plugin } from "../../plugin/contract.ts";
import { loadPlugin } from "../../plugin/load.ts";
import { locatePlugin } from "../../plugin/locate.ts";
import { pluginFiles } from "../../plugin/trust/files.ts";
import { readSetting } from "../arguments.ts";
import { type Call, defineCommand, UsageError } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { configOf } from "../stack.ts";
import { type Judged, printOutcome, printSummary, reportSchema, toReport } from "./check-report.ts";
import { specOf } from "./spec.ts";

const args = {
  path: {
    type: "positional",
    hint: "PATH",
    required: true,
    complete: "files",
    about: "a .ts or .js file, a folder, or the name of an installed package",
  },
  url: {
    type: "value",
    hint: "URL",
    about: "a server with a little data in it; the same as --option url=URL",
  },
  option: {
    type: "value",
    hint: "NAME=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "an option of the plugin; may be repeated",
  },
  empty: {
    type: "value",
    hint: "NAME=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "an option that leads to an empty server to restore into; may be repeated",
  },
  arrived: {
    type: "value",
    hint: "FILE",
    complete: "files",
    about: "for a sink: the file in which its events arrive, one a line",
  },
  rule: { type: "value", hint: "NAME", repeatable: true, about: "only this rule; may be repeated" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type CheckCall = Call<typeof args>;

export default defineCommand({
  about: "run a plugin through every rule of the contract, with faults in front of its server; runs its code",
  args,
  examples: [
    { line: "plugin check ./lines", about: "while you write it" },
    { line: "plugin check ./click.ts --url http://localhost:8123", about: "against a server of yours" },
  ],
  json: reportSchema,
  async run(call) {
    const plugin = await load(call);
    const outcomes: Judged[] = [];
    for (const face of ["backend", "sink"] as const) {
      if (plugin[face] !== undefined) outcomes.push(...(await checkFace(face, plugin, call)));
    }
    if (call.args.json) call.terminal.printJson(toReport(plugin.name, outcomes));
    else printSummary(plugin.name, outcomes, call.terminal);
    return outcomes.some(({ verdict }) => verdict.kind === "failed") ? EXIT.error : EXIT.ok;
  },
});

async function load(call: CheckCall): Promise<Plugin> {
  const config = await configOf(call);
  const location = locatePlugin(specOf(call.args.path, call.directory, config), config.directory);
  return (await loadPlugin(location, pluginFiles(location))).plugin;
}

async function checkFace(face: Target["face"], plugin: Plugin, call: CheckCall): Promise<Judged[]> {
  const subject = openSubject(await targetOf(face, plugin, call));
  const judged: Judged[] = [];
  try {
    for (const check of rulesOf(face, call)) {
      call.signal.throwIfAborted();
      const outcome = { ...(await runCheck(check, subject)), face };
      judged.push(outcome);
      if (!call.args.json) printOutcome(outcome, call.terminal);
    }
  } finally {
    await subject.stop();
  }
  return judged;
}

/** Options from the configuration and the environment, as always, and over them what the command line says. */
async function targetOf(face: Target["face"], plugin: Plugin, call: CheckCall): Promise<Target> {
  const { url, option, empty, arrived } = call.args;
  const kind = face === "backend" ? "backends" : "sinks";
  const given = [...option, ...(url === undefined ? [] : [["url", url] as const])];
  const config = await configOf(call);
  const withGiven = (pairs: readonly (readonly [string, string])[]) => {
    const own = pairs.map(([key, value]) => [`${kind}.${plugin.name}.${key}`, value]);
    return resolveOptions(plugin, kind, {
      ...config,
      overrides: { ...config.overrides, ...Object.fromEntries(own) },
    });
  };
  const { options } = withGiven(given);
  return {
    declaration: plugin,
    origin: "third-party",
    face,
    options,
    ...(arrived === undefined ? {} : { arrived: () => linesIn(resolve(call.directory, arrived)) }),
    ...(empty.length === 0 ? {} : { empty: withGiven([...given, ...empty]).options }),
  };
}

/** A file that is not there yet has no lines. */
async function linesIn(path: string): Promise<string[]> {
  const file = Bun.file(path);
  return (await file.exists()) ? (await file.text()).split("\n").filter((line) => line !== "") : [];
}

function rulesOf(face: Target["face"], { args }: CheckCall): readonly Check<Subject>[] {
  const suite = face === "backend" ? backendSuite : sinkSuite;
  const stray = args.rule.find((name) => ![...backendSuite, ...sinkSuite].some((rule) => rule.name === name));
  if (stray !== undefined) {
    throw new UsageError(
      `there is no rule ${stray}`,
      `there are ${suite.map(({ name }) => name).join(", ")}`,
    );
  }
  return args.rule.length === 0 ? suite : suite.filter(({ name }) => args.rule.includes(name));
}
