/** The child processes of a check: a stranger's code can hang, end or fill one of them, and not the command. */
import { type Child, LostChild, startChild } from "../../plugin/conformance/apart/child.ts";
import { findLab } from "../../plugin/conformance/apart/find-lab.ts";
import { type Part, type Served, servedSchema } from "../../plugin/conformance/apart/messages.ts";
import { pluginFiles } from "../../plugin/trust/files.ts";
import { unseenText } from "../../plugin/trust/unseen-code.ts";
import { UsageError } from "../../tasks/errors.ts";
import type { Call } from "../command.ts";
import { configOf } from "../stack.ts";
import type { CheckArgs } from "./check.ts";
import { locateWord } from "./spec.ts";
import { visible } from "./visible.ts";

type CheckCall = Call<CheckArgs>;

/** A synchronous call longer than this is a loop: it holds up everything else that the program does. ms */
const SILENT_MS = 10_000;
/** A plugin works in pieces of about 8 MiB. bytes */
const MEMORY_MAX = 1_000_000_000;

export type Start = (part: Part) => Child;

/** The same command line again, in a process of its own that is told which part of it to play. */
export const starter =
  ({ directory, env }: CheckCall, limitMs: number): Start =>
  (part) =>
    startChild({
      part,
      words: process.argv.slice(2),
      directory,
      env,
      silentMs: Math.min(limitMs, SILENT_MS),
      memoryMax: MEMORY_MAX,
    });

export interface OpenLab {
  readonly served: Served;
  readonly end: () => Promise<void>;
}

/**
 * Starts the lab that was asked for, or that lies beside the plugin; none when a server was named.
 * @throws Error naming the lab that does not start, or ChildEnded when it has said why itself
 */
export async function openLab(call: CheckCall, start: Start): Promise<OpenLab | undefined> {
  const lab = await labOf(call);
  if (lab === undefined) return undefined;
  const child = start("lab");
  try {
    const served = await child.ask({ ask: "serve" }, servedSchema);
    if (!call.args.json)
      call.terminal.note(`its server is ${lab}, at ${served.filled}, with faults before it`);
    return { served, end: () => endLab(call, lab, child) };
  } catch (error) {
    await child.end();
    if (!(error instanceof LostChild)) throw error;
    throw new Error(`${lab} does not start: it ${error.message}`, { cause: error });
  }
}

/** What was found after its end is about no server, so that has to be said. */
async function endLab({ terminal }: CheckCall, lab: string, child: Child): Promise<void> {
  const lost = child.lost();
  if (lost !== undefined) terminal.warn(`${lab} did not last as long as the check: it ${lost.message}`);
  await child.end();
}

/** What it is called: the file beside the plugin, or one of the program's own. */
async function labOf(call: CheckCall): Promise<string | undefined> {
  const { url, lab, option } = call.args;
  const named = url !== undefined || option.some(([name]) => name === "url");
  if (lab !== undefined && named)
    throw new UsageError("--lab and --option url= name two servers", "leave one of them out");
  if (lab !== undefined) return `the look-alike of ${lab}`;
  if (named) return undefined;
  return findLab(await locationOf(call));
}

/** @throws UsageError when there is no such plugin */
export async function locationOf(call: CheckCall) {
  const config = await configOf(call);
  return locateWord(call.args.path, call.directory, config);
}

/** What a reader of the plugin's source should look at twice; it breaks no rule. */
export async function warnOfUnseenCode(call: CheckCall): Promise<void> {
  for (const line of unseenText(pluginFiles(await locationOf(call)))) call.terminal.warn(visible(line));
}
