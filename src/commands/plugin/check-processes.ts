/**
 * A check runs the plugin in one process and its lab in another, so foreign code can hang, end or exhaust either but not the
 * command.
 */
import * as v from "valibot";
import { findLab } from "../../conformance/apart/find-lab.ts";
import { LOAD_MS, MEMORY_MAX } from "../../host/apart/bounds.ts";
import { startChild } from "../../host/apart/child.ts";
import type { Bounds } from "../../host/apart/launch.ts";
import { loadApart } from "../../host/apart/load-apart.ts";
import { type Served, servedSchema } from "../../host/apart/messages.ts";
import { pluginFiles } from "../../host/trust/files.ts";
import { unseenText } from "../../host/trust/unseen-code.ts";
import { BUILT_INS } from "../../registry.ts";
import { locateWord } from "../../tasks/plugin-spec.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { configOf } from "../caller.ts";
import type { CheckCall } from "./check-args.ts";

/** A longer synchronous call counts as a loop, because it blocks everything else the plugin does. ms */
const SILENT_MS = 10_000;

const boundsOf = (limitMs: number): Bounds => ({
  loadMs: LOAD_MS,
  silentMs: Math.min(limitMs, SILENT_MS),
  memoryMax: MEMORY_MAX,
});

/**
 * Loads the plugin in its own process. @throws DeclarationError when it does not load; its cause says how the process was lost
 */
export async function loadForCheck(call: CheckCall, limitMs: number) {
  const location = await locationOf(call);
  const say = (line: string): void => call.terminal.note(line);
  return loadApart({ location, files: pluginFiles(location), say, shared: true, ...boundsOf(limitMs) });
}

/** A lab that runs in a process of its own, until it is ended. */
export interface OpenLab {
  readonly served: Served;
  /**
   * How the process was lost, as a sentence. Anything found after that says nothing about the server.
   * @param patienceMs how long to wait for the loss if something suggests it
   */
  readonly lost: (patienceMs: number) => Promise<string | undefined>;
  readonly end: () => Promise<void>;
}

interface LabChoice {
  /** The lab's name: the file beside the plugin, or one of the program's own. */
  readonly where: string;
  readonly path?: string;
  readonly name?: string;
}

/**
 * Starts the requested lab, or the one beside the plugin; none when a server was named.
 * @throws Error naming the lab that does not start
 */
export async function openLab(call: CheckCall, limitMs: number): Promise<OpenLab | undefined> {
  const lab = await labOf(call);
  if (lab === undefined) return undefined;
  const { where } = lab;
  const say = (line: string): void => call.terminal.note(line);
  const gone = Promise.withResolvers<void>();
  const child = await startChild({
    ...boundsOf(limitMs),
    title: where,
    directory: call.directory,
    onPrinted: (line) => say(`warn: ${where} printed: ${line}`),
    onGone: gone.resolve,
    handlers: {
      calls: {},
      notes: { unhandled: (what) => say(`warn: ${where} left an error unhandled: ${String(what)}`) },
    },
  });
  const abort = (): void => void child.end();
  call.signal.addEventListener("abort", abort, { once: true });
  try {
    const served = v.parse(
      servedSchema,
      await child.callWithin(2 * LOAD_MS, "lab", { ...lab, limitMs: LOAD_MS }),
    );
    if (!call.json) call.terminal.note(`its server is ${where}, at ${served.filled}, with faults before it`);
    const lost = async (patienceMs: number): Promise<string | undefined> => {
      await withTimeLimit(() => gone.promise, undefined, { limitMs: patienceMs }).catch(() => undefined);
      const how = child.lost();
      return how && `${where} did not last as long as the check: it ${how.message}`;
    };
    return { served, lost, end: child.end };
  } catch (error) {
    const lost = child.lost();
    await child.end();
    call.signal.throwIfAborted();
    if (lost === undefined) throw error;
    throw new Error(`${where} does not start: it ${lost.message}`, { cause: error });
  }
}

async function labOf(call: CheckCall): Promise<LabChoice | undefined> {
  const { url, lab, option } = call.args;
  const named = url !== undefined || option.some(([name]) => name === "url");
  if (lab !== undefined && named)
    throw new UsageError("--lab and --option url= name two servers", "leave one of them out");
  if (lab !== undefined) return { where: `the look-alike of ${lab}`, name: lab };
  if (named) return undefined;
  const path = findLab(await locationOf(call));
  return path === undefined ? undefined : { where: path, path };
}

/** @throws UsageError when there is no such plugin */
async function locationOf(call: CheckCall) {
  const { path } = call.args;
  const config = await configOf(call);
  try {
    return locateWord(path, call.directory, config);
  } catch (error) {
    if (!BUILT_INS.some(({ name }) => name === path)) throw error;
    throw new UsageError(
      `${path} is built in: it is checked by its conformance test, not here`,
      `of your own plugins name the file or the folder, as ./${path}`,
    );
  }
}

/** What a reader of the plugin's source should look at twice, although it breaks no rule. */
export async function warnOfUnseenCode(call: CheckCall): Promise<void> {
  for (const line of unseenText(pluginFiles(await locationOf(call)))) call.terminal.warn(line);
}
