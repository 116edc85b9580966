import type { ClassTimes } from "../snapshot/catalog/retention.ts";
import type { Loss } from "./losses.ts";
import type { Surveyed } from "./survey.ts";
import type { Touching } from "./touched.ts";
import type { Warning } from "./warnings.ts";

/** What a stack holds by the answers of its backends, beside what its snapshots hold. */
export interface Taken {
  /** The stack's name. */
  readonly stack: string;
  readonly findings: readonly Surveyed[];
  readonly warnings: readonly Warning[];
  /** How long each class of data is kept. */
  readonly classes: ClassTimes;
  /** What would be lost with the stack, of what a destroy touches. */
  readonly losses: readonly Loss[];
  readonly touching: Touching;
}
