/** Says what a restore leaves aside, so that nothing is left aside silently. */

import type { RestoreDiagnostic } from "../contract/contract.ts";
import { missingLines } from "../snapshot/catalog/chain-claims.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import type { OpenChain } from "../snapshot/catalog/open-chain.ts";
import type { FoundBlocks } from "./select.ts";

/** A plugin that nothing is written for. */
export interface NotPlanned {
  readonly name: string;
  readonly reason: string;
}

/** Why a plugin has nothing that a restore could write. */
export function whyNothing({ timeless, outside }: FoundBlocks): string {
  if (timeless > 0) return `none of it is from that time; ${timelessText(timeless)}`;
  return outside > 0 ? "none of it is from that time" : "the snapshot has no data of it";
}

const timelessText = (objects: number): string =>
  objects === 1 ? "1 object has no time" : `${objects} objects have no time`;

/**
 * What the range and the selector leave out of a plugin of which something is written.
 * @param files in which the selector finds nothing
 */
export function notesOnUnchosen({ timeless }: FoundBlocks, files: number): RestoreDiagnostic[] {
  const range = `A range chooses by time: ${timelessText(timeless)} and ${timeless === 1 ? "is" : "are"} left out.`;
  const selector = `The selector finds nothing in ${files === 1 ? "1 file, which is" : `${files} files, which are`} left out.`;
  return [...(timeless > 0 ? [range] : []), ...(files > 0 ? [selector] : [])].map((message) => ({
    severity: "note",
    message,
  }));
}

/** What was asked for and is not in what will be restored, each with its reason: such a restore is partial. */
export const lackingOf = (
  { chains, lacking, broken, notTaken }: Chosen,
  damaged: OpenChain["broken"],
): NotPlanned[] => [
  ...lacking,
  ...notTaken,
  ...chains.flatMap((chain) => missingLines(chain).map((reason) => ({ name: chain.backend, reason }))),
  ...[...broken, ...damaged].map(({ name, reason }) => ({ name, reason })),
];
