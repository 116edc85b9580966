/**
 * What steps yield, sent into a place as parts of files under names that nothing has. Any process may do it: what it has sent counts
 * once a commit names it, and is rubbish until then.
 */
import { relieveNow } from "../../engine/memory-pressure.ts";
import type { Block } from "../../snapshot/format/block.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { asError, messageOf } from "../../units/message-of.ts";
import type { CopyObject } from "../format/copy-file.ts";
import { fromMemory } from "../write/outgoing.ts";
import { trySend } from "../write/send.ts";
import { described } from "../write/write-copy.ts";
import type { StraightOptions } from "./options.ts";
import type { StraightPart } from "./parts.ts";

/** What a step has yielded, as it lies in the place. */
export interface SentStep {
  readonly blocks: readonly Block[];
  readonly objects: readonly CopyObject[];
  /** SHA-256 of the files that have several blocks, by path, before they are encrypted. */
  readonly sums: Readonly<Record<string, string>>;
}

/** One part of it. */
export interface SentPart extends Pick<StraightPart, "path" | "blocks"> {
  readonly object: CopyObject;
  /** Its file's, with its path. */
  readonly sum: readonly [string, string][];
  /** This process has written it. */
  readonly isOurs: boolean;
}

interface SenderOptions extends Pick<StraightOptions, "place" | "form"> {
  /** The snapshot's name. */
  readonly name: string;
  /** Is told of each part that is there, with its content. */
  readonly onPart?: (part: StraightPart) => void;
}

/** Sends parts. */
interface PartSender {
  /** @throws SnapshotError when something else has its name; PluginError */
  send(part: StraightPart): Promise<SentPart>;
  /** Removes what this process has sent, and no commit will name. @throws PluginError */
  takeBack(sent: SentPart): Promise<void>;
}

/** The sender of one process. */
export const createPartSender = ({ place, name: folder, form, onPart }: SenderOptions): PartSender => ({
  async send(part) {
    const { path, bytes, blocks } = part;
    const file = await form(fromMemory(path, bytes));
    const outcome = await trySend({ place, folder, file, replaces: false });
    if (outcome === "taken") throw anotherWriter({ place, name: folder });
    onPart?.(part);
    relieveNow();
    return { path, blocks, object: described(file), sum: sumOf(part), isOurs: outcome === "sent" };
  },
  async takeBack({ object, isOurs }) {
    if (isOurs) await place.remove(`${folder}/${object.name}`);
  },
});

/** All parts of a step. */
export const stepFrom = (sent: readonly SentPart[]): SentStep => ({
  blocks: sent.flatMap((part) => part.blocks),
  objects: sent.map(({ object }) => object),
  sums: Object.fromEntries(sent.flatMap(({ sum }) => sum)),
});

/** What a file of a single block has is its block's. */
const sumOf = ({ path, bytes, blocks }: StraightPart): [string, string][] =>
  blocks.length < 2 ? [] : [[path, new Bun.CryptoHasher("sha256").update(bytes).digest("hex")]];

/** What the place refuses stops the export, and not the backend whose step it was. @throws SnapshotError */
export async function orStops<Result>(
  { place, signal }: Pick<StraightOptions, "place" | "signal">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (signal.aborted || cause instanceof SnapshotError) throw cause;
    throw new SnapshotError(`${place.name} does not take what was read: ${messageOf(cause)}`, {
      cause,
      ...given({ hint: hintOf(asError(cause)) }),
    });
  }
}

/** Something that this export did not write has a name of its own. */
export const anotherWriter = ({
  place,
  name,
}: Pick<StraightOptions, "place"> & { readonly name: string }): SnapshotError =>
  new SnapshotError(`another process writes ${place.shown(name)}, too`, {
    hint: "Wait for it to end, or stop it; nothing that either has committed is lost.",
  });
