/** What the tests of a restore share: lines of `logs.json`, and their way back. */
import type { Harvest } from "../../../src/conformance/walk.ts";
import type { Backend, RestoreAnswer } from "../../../src/contract/contract.ts";
import { DAY, type Given, never } from "./support.ts";

/** A line of `logs.json`: these entries of one stream. */
export const lineOf = (stream: Readonly<Record<string, string>>, entries: readonly Given[]): string => {
  const values = entries.map(({ time, line: text, metadata }) =>
    metadata === undefined ? [`${time}`, text] : [`${time}`, text, metadata],
  );
  return JSON.stringify({ streams: [{ stream, values }] });
};

/** Gives the restorer lines of `logs.json`, as the core does with those of a block. */
export const applyLines = async (backend: Backend, lines: readonly string[], range = DAY, labels = {}) =>
  backend.restore?.apply({ file: "logs.json", lines, range, labels }, never);

/** What became of the entries of an export. */
export interface Applied {
  readonly written: number;
  readonly existing: number;
  readonly rejected: NonNullable<RestoreAnswer["rejected"]>[number][];
}

/** Applies an export as the core does: block after block in the order of time, a batch of lines at a time. */
export async function restore(backend: Backend, found: Harvest, labels = {}, range = DAY): Promise<Applied> {
  const applied = { written: 0, existing: 0, rejected: [] as Applied["rejected"] };
  const blocks = found.blocks
    .filter(({ file }) => file === "logs.json")
    .toSorted((a, b) => Number(a.from - b.from));
  for (const { lines } of blocks) {
    const answer = await applyLines(backend, lines, range, labels);
    applied.written += answer?.written.entries ?? 0;
    applied.existing += answer?.existing?.entries ?? 0;
    applied.rejected.push(...(answer?.rejected ?? []));
  }
  return applied;
}
