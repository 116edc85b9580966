/** Reports what a restore leaves out, so that nothing is left out silently. */

import type { RestoreDiagnostic } from "../contract/contract.ts";
import { chainGapLines } from "../snapshot/catalog/chain-claims.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import type { OpenChain } from "../snapshot/catalog/open-chain.ts";
import type { FoundBlocks } from "./select.ts";

/** A plugin for which nothing is written. */
export interface NotPlanned {
  readonly name: string;
  readonly reason: string;
}

/** Why a restore could write nothing for a plugin. */
export function whyNothing({ timeless, outside }: FoundBlocks): string {
  if (timeless > 0) return `none of it is from that time; ${timelessText(timeless)}`;
  return outside > 0 ? "none of it is from that time" : "the snapshot has no data of it";
}

const timelessText = (objects: number): string =>
  objects === 1 ? "1 object has no time" : `${objects} objects have no time`;

/**
 * What the range and the selector leave out of a plugin that is partly written.
 * @param files in which the selector matches nothing
 */
export function notesOnUnchosen({ timeless }: FoundBlocks, files: number): RestoreDiagnostic[] {
  const range = `A range chooses by time: ${timelessText(timeless)} and ${timeless === 1 ? "is" : "are"} left out.`;
  const selector = `The selector finds nothing in ${files === 1 ? "1 file, which is" : `${files} files, which are`} left out.`;
  return [...(timeless > 0 ? [range] : []), ...(files > 0 ? [selector] : [])].map((message) => ({
    severity: "note",
    message,
  }));
}

/** Requested data that will not be restored, with reasons: the restore is then partial. */
export const lackingOf = (
  { chains, lacking, broken, notTaken }: Chosen,
  damaged: OpenChain["broken"],
): NotPlanned[] => [
  ...lacking,
  ...notTaken,
  ...chains.flatMap((chain) => chainGapLines(chain).map((reason) => ({ name: chain.backend, reason }))),
  ...[...broken, ...damaged].map(({ name, reason }) => ({ name, reason })),
];
