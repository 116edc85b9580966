/**
 * What could not begin is told, too, even where the configuration itself is why: what of it is sound says whom to tell, and where nothing
 * is, what it said when it last loaded.
 */
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/errors.ts";
import { loadConfig, namedIn } from "../../config/load.ts";
import { projectAt } from "../../config/source.ts";
import { isThere } from "../../storage/entries.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { NOT_AGREED } from "../../tasks/task/agreed.ts";
import { hintOf } from "../../units/hint-of.ts";
import { asError } from "../../units/message-of.ts";
import { openDatabase } from "../database.ts";
import { lastSettings } from "./last-settings.ts";
import { openTelling } from "./telling.ts";

/** What did not begin. */
interface NotStarted {
  /** As faults have it: what ends that ends this. */
  readonly key: string;
  /** One line: `the service could not start`. */
  readonly title: string;
  readonly error: unknown;
  /** Nobody is told where this holds: then all goes on as it should. */
  unless?(config: Config): boolean;
  /** What loads may be the beginning of a configuration: if it names nobody, those are told who were told before. */
  readonly mayBeCut?: boolean;
}

/** A receiver that takes longer hears of it at the next start. ms */
const LIMIT_MS = 10_000;

/** Tells it, if somebody is to be told and the project is agreed to. @throws nothing: there is an error already */
export async function tellNotStarted(
  caller: Caller,
  { key, title, error, unless, mayBeCut = false }: NotStarted,
): Promise<void> {
  try {
    const config = await tellingConfig(caller, mayBeCut);
    if (config.notify.length === 0 || unless?.(config) === true) return;
    if (!(await mayBeTold(caller, config))) throw new Error(NOT_AGREED);
    const told = asError(error);
    const database = openDatabase(config.directory);
    try {
      const { faults, messenger } = openTelling(database, config, caller.warn);
      faults.begins(
        { key, kind: "not-started", title, message: told.message, hint: hintOf(told) },
        Date.now(),
      );
      await messenger.deliverWithin(LIMIT_MS);
    } finally {
      database.close(true);
    }
  } catch (thrown) {
    caller.warn(`nobody was told that ${title}: ${asError(thrown).message}`);
  }
}

/** What of the configuration is sound, if that says who is told; else those who were told when it last loaded. */
async function tellingConfig(caller: Caller, mayBeCut: boolean): Promise<Config> {
  const sound = await loadConfig({ ...caller, soundPart: true }).catch(asError);
  const saysNobody = sound instanceof Error || isNothing(sound) || isDropped(sound, mayBeCut);
  const last = saysNobody
    ? lastSettings(projectAt(caller.directory, namedIn(caller)), caller.env)
    : undefined;
  if (last?.text !== undefined)
    return loadConfig({ ...caller, soundPart: true, written: { file: last.file, text: last.text } });
  if (sound instanceof Error) throw sound;
  return sound;
}

/** There is no file, or nothing in it. */
const isNothing = ({ file, fromFile }: Config): boolean =>
  file === undefined || Object.keys(Object(fromFile?.([]))).length === 0;

/** What is written of them is wrong itself, or may have been cut off. */
const isDropped = ({ notify, isWritten }: Config, mayBeCut: boolean): boolean =>
  notify.length === 0 && (mayBeCut || isWritten?.(["notify"]) === true);

/**
 * A configuration with which something ran here, and of which nothing is left, is lost: nobody means the defaults.
 * @throws ConfigError
 */
export function requireNotLost(config: Config): void {
  const last = isNothing(config) ? lastSettings(config.directory, config.env) : undefined;
  if (last === undefined) return;
  const { fate, hint } = fateOf(last.file, config.file);
  const what = `${fate}, and the last run here had it`;
  throw new ConfigError([{ where: last.file, key: "", what, hint }]);
}

/** An own name is enough for a configuration to be meant, so nobody needs to remove what the database remembers. */
function fateOf(file: string, read: string | undefined): { readonly fate: string; readonly hint: string } {
  const instead = "if all is in the environment now, write a contextcore.yaml that says only `name: …`";
  if (file !== read && isThere(file))
    return { fate: "is not named", hint: `name it: --config ${file}; ${instead}` };
  const hint = `put it back; ${instead}; if nothing is to run here any more, remove what starts it`;
  return { fate: file === read ? "is empty" : "is gone", hint };
}

/** Whether this user has agreed to who is told, whatever else the project wants. */
async function mayBeTold(caller: Caller, config: Config): Promise<boolean> {
  const { fresh } = await caller.agreementOf(config);
  return !fresh.some(({ key }) => key === "ping" || key.startsWith("notify."));
}
