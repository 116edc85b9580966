/** What counts here and would not where cron or systemd starts a schedule: settings of this call and of this environment. */
import type { Config } from "../../config/config.ts";
import { CORE_SETTINGS, coreSettingAt, saidOf } from "../../config/environment.ts";
import { describeOption } from "../../config/option-type.ts";
import { referencesIn } from "../../config/secrets.ts";
import { isSecretName } from "../../redact/names.ts";
import { redactedText } from "../../redact/text.ts";
import { UsageError } from "../../tasks/task/errors.ts";

/** What goes along. */
export interface Carried {
  /** Values from `--set`, by key. */
  readonly settings: Readonly<Record<string, string>>;
  /** Environment variables, by name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names of variables that count here and are written nowhere, since they may be secrets. */
  readonly left: readonly string[];
}

/** Without a use where nobody looks on, or said in another way. */
const OF_THIS_CALL: readonly string[] = ["CONTEXTCORE_CONFIG", "CONTEXTCORE_LOG", "CONTEXTCORE_PAGER"];

const PROXIES: readonly string[] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "ENVIRONMENT"];

/** @throws UsageError for a secret given with `--set`: what cron and systemd start, others can read */
export function carriedBy({ env, overrides = {}, fromFile }: Config): Carried {
  for (const [key, value] of Object.entries(overrides))
    if (isSecret(key.split(".").at(-1) ?? "", value) || isSecretSetting(key.split(".")))
      throw new UsageError(
        `--set ${key} is a secret, and would stand where others can read it`,
        `write \${VARIABLE} into the configuration, and give that variable to what starts the schedules`,
      );
  const own = Object.keys(env).filter((name) => name.startsWith("CONTEXTCORE_"));
  const meant = CORE_SETTINGS.flatMap((one) => saidOf(one, env)?.name ?? []);
  const named = referencesIn(JSON.stringify([fromFile?.([]), overrides]));
  const all = [...new Set([...own, ...meant, ...PROXIES, ...named])].filter((name) => env[name]);
  const counting = all.filter((name) => !OF_THIS_CALL.includes(name));
  const secret = new Set(
    counting.filter(
      (name) => named.includes(name) || isSecret(name, env[name] ?? "") || isSecretSetting(pathOf(name)),
    ),
  );
  return {
    settings: overrides,
    variables: Object.fromEntries(
      counting.filter((name) => !secret.has(name)).map((name) => [name, env[name] ?? ""]),
    ),
    left: [...secret],
  };
}

/** By its name, or by what stands in it: an address with a password. What only says where a secret is is none. */
const isSecret = (name: string, value: string): boolean =>
  !/^file:|^\$\{\w+\}$/.test(value) && (isSecretName(name) || redactedText(value) !== value);

function isSecretSetting(path: readonly string[]): boolean {
  const setting = coreSettingAt(path);
  return setting !== undefined && describeOption(setting.path.join("."), setting.schema).secret;
}

const pathOf = (variable: string): readonly string[] =>
  CORE_SETTINGS.find((one) => one.variable === variable)?.path ?? [];
