/** A step that another process runs: asked for, and committed here, so that everything that counts is decided in one place. */
import type { Cursor } from "../../contract/contract.ts";
import { stepOf } from "../../copies/straight/commits.ts";
import type { StraightWriter } from "../../copies/straight/writer.ts";
import type { Block, Commit } from "../../snapshot/format/block.ts";
import { checkWaits } from "../../snapshot/write/check-cursors.ts";
import type { AskedStep, Workers } from "./workers.ts";

/** A step that was run elsewhere, and is not committed yet. */
interface StepElsewhere extends Omit<Commit, "cursor"> {
  readonly bytes: number;
  /** Commits it. @param next what is to follow from it @throws SnapshotError when the place refuses */
  commit(commit: Commit): Promise<readonly Block[]>;
}

/** Steps that other processes run. */
export interface Elsewhere extends AsyncDisposable {
  /** @returns "here": it has to be run in this process @throws as {@link Workers.run} */
  step(asked: AskedStep, signal: AbortSignal): Promise<StepElsewhere | "here">;
}

/** Those that these workers run. */
export const elsewhere = (workers: Workers, writer: StraightWriter): Elsewhere => ({
  async step(asked, signal) {
    const worked = await workers.run(asked, signal);
    if (worked === "here") return "here";
    const { plugin, blocks, commit } = stepOf(worked, `what a worker sent of ${asked.backend}`);
    requireAnswer(asked, plugin, commit.cursor);
    checkWaits("next", commit.next, asked.now);
    const { objects, sums, bytes } = worked;
    return {
      ...commit,
      bytes,
      commit: (decided) => writer.commitSent(plugin, { blocks, objects, sums }, decided),
    };
  },
  [Symbol.asyncDispose]: async () => await workers[Symbol.asyncDispose](),
});

/** @throws Error when it is not the answer to what was asked */
function requireAnswer({ backend, cursor }: AskedStep, plugin: string, answered: Cursor): void {
  if (plugin === backend && Bun.deepEquals(answered, cursor)) return;
  throw new Error(`a worker was asked for a step of ${backend}, and answered with another one`);
}
