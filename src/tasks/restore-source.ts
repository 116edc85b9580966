/** What a restore reads: the chosen snapshots as one, without what was erased since they were made. */
import type { Chosen } from "../snapshot/catalog/choose.ts";
import { type Erasures, openRestorable } from "./snapshots/erasures.ts";
import type { OpenChosen } from "./snapshots/snapshot-param.ts";
import type { TaskContext } from "./task/task.ts";

/** What a restore reads, without what was erased. */
export interface OpenSource extends OpenChosen, Pick<Erasures, "ignored"> {
  /** How many records were erased. */
  readonly erased: number;
}

/** Opens the chosen snapshots without what was erased. */
export async function openSource(
  chosen: Chosen,
  erasures: Erasures,
  how: Parameters<typeof openRestorable>[2],
): Promise<OpenSource> {
  try {
    const opened = await openRestorable(chosen.chains, erasures, how);
    const close = async (): Promise<void> => {
      erasures[Symbol.dispose]();
      await opened[Symbol.asyncDispose]();
    };
    const { ignored, size: erased } = erasures;
    return { ...opened, chosen, ignored, erased, [Symbol.asyncDispose]: close };
  } catch (error) {
    erasures[Symbol.dispose]();
    throw error;
  }
}

/** Tells of the lists that are ignored. @returns their names */
export function toldIgnored({ ignored }: Pick<Erasures, "ignored">, { warn }: TaskContext): string[] {
  for (const { name, reason } of ignored)
    warn(`what was erased is not known from ${name}, so it may come back: ${reason}`);
  return ignored.map(({ name }) => name);
}
