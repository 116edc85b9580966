import type { Exporter } from "../../contract/contract.ts";

/** Where the steps of one backend come from. */
export interface StepSource {
  /** The instance, under whose name they are committed. */
  readonly name: string;
  /** Its plugin, which determines file names and checks. */
  readonly plugin: string;
  readonly exporter: Exporter;
  /** Whether other processes may run its steps: those that yield lines. */
  readonly isForWorkers: boolean;
  /** By the server's clock, ns. */
  readonly now: () => bigint;
}
