import type { Config } from "../../config/config.ts";
import { ConfigError, type ConfigProblem, formatProblem } from "../../config/errors.ts";
import { refusalOf } from "../../destroy/policy/judge.ts";
import { drillProblems } from "../../drill/settings.ts";
import { sameServers } from "../../host/same-server.ts";
import { BUILT_INS } from "../../registry.ts";
import { CONFIG_CHECK, checkedJson } from "../../results/config.ts";
import { unknownKinds } from "../../service/permissions.ts";
import { declareSoundPart, openStackToShow } from "../../tasks/stack/stack.ts";
import { HOW_TO_AGREE, NOT_AGREED } from "../../tasks/task/agreed.ts";
import { listed } from "../../units/words.ts";
import { callerOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { secretsInFile, shadowedInFile } from "../settings.ts";
import { unreadVariables } from "./unread-variables.ts";

export default defineCommand({
  about: "check the configuration, the environment and every plugin's options; asks no server",
  examples: [{ line: "config check", about: "lists every problem with its line" }],
  json: [CONFIG_CHECK],
  async run(call) {
    const { problems, warnings, file } = await examine(call);
    if (call.json) printResult(call, CONFIG_CHECK, checkedJson(file, problems, warnings));
    else print(call, { problems, warnings, file });
    return problems.length === 0 ? EXIT.ok : EXIT.usage;
  },
});

const UNSEEN = `${NOT_AGREED}: third-party plugins and secret files were not checked; ${HOW_TO_AGREE}`;

interface Examined {
  /** Absent when there is none, or it could not be read. */
  readonly file: string | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

async function examine(call: Call): Promise<Examined> {
  try {
    const stack = await openStackToShow(callerOf(call));
    const { config } = stack;
    const failed = stack.failures.map(({ name, error }) => ({
      where: config.file ?? "",
      key: name,
      what: error.message,
    }));
    const problems = [
      ...failed,
      ...shadowedInFile(config, stack),
      ...forbiddenCommand(config),
      ...drillProblems(config, stack),
      ...unknownKinds(config),
      ...(await problemsOfSchedules(config)),
    ];
    const twice = sameServers(stack.backends).map(
      (names) => `${listed(names)} have the same server and tenant, so the same data is saved several times`,
    );
    const unread = unreadVariables(config, stack, BUILT_INS);
    const secrets = secretsInFile(config, stack);
    const warnings = [...(config.sealed ? [UNSEEN] : []), ...secrets, ...twice, ...unread];
    return { file: config.file, problems, warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { file: undefined, problems: await allProblems(call, error), warnings: [] };
  }
}

/** Adds the problems of plugins' options. A wrong setting of the core had kept those from being checked. */
async function allProblems(call: Call, { problems }: ConfigError): Promise<readonly ConfigProblem[]> {
  const known = new Set(problems.map(formatProblem));
  try {
    await declareSoundPart(callerOf(call));
    return problems;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const more = error.problems.filter((problem) => !known.has(formatProblem(problem)));
    return new ConfigError([...problems, ...more]).problems;
  }
}

/** What times and tasks mean is loaded only where there are schedules. */
async function problemsOfSchedules(config: Config): Promise<ConfigProblem[]> {
  if (config.schedules.length === 0) return [];
  return (await import("../../service/schedule/check.ts")).scheduleProblems(config);
}

/** Reports a command that `destroy` would refuse before anybody needs it in a hurry. */
function forbiddenCommand({ destroy, where }: Config): ConfigProblem[] {
  const refusal = refusalOf(destroy);
  if (refusal === undefined) return [];
  const place = where?.(["destroy", "command"]) ?? "the configuration";
  return [{ where: place, key: "destroy.command", what: refusal.message, hint: refusal.hint }];
}

function print({ terminal }: Call, { problems, warnings, file }: Examined): void {
  for (const one of problems)
    terminal.tell(`${formatProblem(one)}${one.hint === undefined ? "" : ` (${one.hint})`}`);
  for (const warning of warnings) terminal.warn(warning);
  if (problems.length === 0) terminal.tell(`${file ?? "the defaults"}: no problems`);
}
