/** What must not come back: this project's tombstones, and those of the places that snapshots are taken from. */

import { tombstonesIn } from "../../copies/erased/in-place.ts";
import type { Place } from "../../copies/place/place.ts";
import type { PlainForm } from "../../copies/read/copy-storage.ts";
import { type Erased, openTombstones } from "../../retention/tombstones/tombstones.ts";
import { withoutErased } from "../../retention/tombstones/without-erased.ts";
import type { BackendChain } from "../../snapshot/catalog/chain.ts";
import { type OpenChain, openChain } from "../../snapshot/catalog/open-chain.ts";
import { hintOf } from "../../units/hint-of.ts";
import { messageOf } from "../../units/message-of.ts";
import type { Range } from "../../units/range.ts";
import { RefusedError } from "../task/errors.ts";

/** The parameter that restores although it cannot be told what was erased. */
export const IGNORE_ERASURES = {
  type: "flag",
  local: true,
  about:
    "restore although a list of what was erased cannot be read: what that list alone names may come back, and the trail says so",
} as const;

/** What was erased, as far as it is known. Dispose of it. */
export interface Erasures extends Erased, Disposable {
  /** The lists that were not read, since that was asked for: a place, or the project's own. */
  readonly ignored: readonly { readonly name: string; readonly reason: string }[];
}

interface ErasuresRequest {
  /** The project's. */
  readonly directory: string;
  /** Where the snapshots lie that are restored, if in places. */
  readonly places: Iterable<Place>;
  /** How what is encrypted there is read. */
  readonly opened: PlainForm;
  /** {@link IGNORE_ERASURES} */
  readonly isIgnored: boolean;
  readonly signal: AbortSignal;
}

/** Opens every list. @throws RefusedError when one cannot be read, unless that is to be ignored; the signal's reason */
export async function openErasures(request: ErasuresRequest): Promise<Erasures> {
  const { directory, opened } = request;
  const held: (Erased & Disposable)[] = [];
  const close = (): void => {
    for (const one of held) one[Symbol.dispose]();
  };
  const sources = [
    { name: "this project", read: async () => ownOf(directory) },
    ...Array.from(request.places, (place) => ({
      name: place.name,
      read: () => tombstonesIn({ place, opened, directory }),
    })),
  ];
  const ignored: Erasures["ignored"][number][] = [];
  for (const { name, read } of sources) {
    try {
      const list = await read();
      if (list !== undefined) held.push(list);
    } catch (error) {
      if (!request.isIgnored || request.signal.aborted) {
        close();
        throw request.signal.aborted ? error : refusal(name, error);
      }
      ignored.push({ name, reason: messageOf(error) });
    }
  }
  return {
    ignored,
    isErased: (of, content) => held.some((one) => one.isErased(of, content)),
    size: held.reduce((sum, { size }) => sum + size, 0),
    [Symbol.dispose]: close,
  };
}

/** The project's own. @throws TombstoneError, before anything is asked of it */
function ownOf(directory: string): Erased & Disposable {
  const own = openTombstones({ directory });
  own.isErased({ plugin: "", file: "" }, "");
  return own;
}

function refusal(name: string, cause: unknown): RefusedError {
  const hint = cause instanceof Error ? hintOf(cause) : undefined;
  return new RefusedError(
    `what was erased is not known from ${name}, so it could come back: ${messageOf(cause)}`,
    `${hint === undefined ? "" : `${hint}; `}--ignore-erasures goes on all the same`,
  );
}

/** Opens a chain without what was erased since its snapshots were made. @throws as {@link openChain} */
export async function openRestorable(
  chains: readonly BackendChain[],
  erased: Erased,
  how: { readonly range?: Range | undefined; readonly signal: AbortSignal },
): Promise<OpenChain> {
  const opened = await openChain(chains, how);
  return erased.size === 0 ? opened : { ...opened, snapshot: withoutErased(opened.snapshot, erased) };
}
