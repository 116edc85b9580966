/** Keeps a plugin's process running: a lost one is restarted a few times, and then the plugin is given up. */
import { PluginError } from "../../contract/errors.ts";
import { LostChild } from "./child.ts";
import type { Process } from "./launch.ts";

/** After this many lost processes, the next would be lost too. */
const LOST_MAX = 3;

/** The process of one plugin, started when it is first needed. */
export interface Runner {
  /**
   * Runs work in the process, starting it if necessary.
   * @throws PluginError when that loses the process: `temporary`, or `refused` when it is not restarted any more
   */
  run<Result>(work: (process: Process) => Promise<Result>): Promise<Result>;
  /** How the processes were lost so far. */
  readonly lost: readonly Error[];
  /** Ends the present process; the next `run` starts another. */
  end(): Promise<void>;
}

/** @param first an already running process */
export function createRunner(start: () => Promise<Process>, first: Process): Runner {
  const lost: Error[] = [];
  const { name } = first.declared;
  let present: Promise<Process> | undefined = Promise.resolve(first);
  const lose = (gone: Promise<Process> | undefined, how: Error): void => {
    // Several calls are lost with one process.
    if (!lost.includes(how)) lost.push(how);
    if (present === gone) present = undefined;
  };
  return {
    lost,
    async run(work) {
      if (lost.length >= LOST_MAX) throw givenUp(name, lost);
      present ??= start();
      const running = present;
      try {
        return await work(await running);
      } catch (error) {
        const loaded = await running.catch((failure: Error) => void lose(running, failure));
        if (loaded === undefined || !(error instanceof LostChild)) throw error;
        lose(running, error);
        throw lost.length >= LOST_MAX ? givenUp(name, lost) : lostOver(name, error);
      }
    },
    async end() {
      const process = await present?.catch(() => undefined);
      present = undefined;
      await process?.child.end();
    },
  };
}

const HINT = "This is a defect of the plugin: `contextcore plugin check` shows more.";

const lostOver = (name: string, { message }: Error): PluginError =>
  new PluginError("temporary", `${name}: its process was lost: it ${message}`, { hint: HINT });

const givenUp = (name: string, lost: readonly Error[]): PluginError =>
  new PluginError(
    "refused",
    `${name}: its process was lost ${lost.length} times, and is not started again: it ${lost.at(-1)?.message}`,
    { hint: HINT },
  );
