/** Other processes that run steps of an export. */

import type { Cursor } from "../../contract/contract.ts";
import type { SentLines } from "../../copies/straight/commits.ts";

/** A step that one of them is to run. */
export interface AskedStep {
  /** The instance. */
  readonly backend: string;
  readonly cursor: Cursor;
  /** By the server's clock, ns. */
  readonly now: bigint;
  /** How long the plugin may take, ms. Waiting for a worker does not count. */
  readonly limitMs: number;
}

/** A step that was run, and whose parts lie in the place. It counts once it is committed. */
export interface WorkedStep extends SentLines {
  /** Of what it yielded. */
  readonly bytes: number;
}

/** A group of processes. What one of them does not finish is run again, perhaps by another one. */
export interface Workers extends AsyncDisposable {
  /**
   * Runs one step.
   * @returns "here": what it yields can only be placed by who commits it
   * @throws what the plugin throws; PluginError, `temporary`, when its process was lost; SnapshotError when the place refuses
   */
  run(asked: AskedStep, signal: AbortSignal): Promise<WorkedStep | "here">;
}
