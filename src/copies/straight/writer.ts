/**
 * Writes an export's steps straight into a place: what a step yields is sent as parts of files, under names that nothing has, and
 * counts once the step's commit is there. Nothing waits on this machine but what is on its way.
 */
import { relieveNow } from "../../engine/memory-pressure.ts";
import { type Block, type Commit, formatStep } from "../../snapshot/format/block.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { createPlacement } from "../../snapshot/write/placement.ts";
import { foldersOf, type SnapshotRequest } from "../../snapshot/write/request.ts";
import { createPlacer, type Placer, type WholeStep } from "../../snapshot/write/step.ts";
import {
  createQueue,
  type ExpectedFile,
  emptyFile,
  type SnapshotWriter,
} from "../../snapshot/write/writer.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { asError, messageOf } from "../../units/message-of.ts";
import { isBookkeeping } from "../format/bookkeeping.ts";
import type { CopyObject } from "../format/copy-file.ts";
import { fromMemory } from "../write/outgoing.ts";
import { trySend } from "../write/send.ts";
import { described } from "../write/write-copy.ts";
import type { StraightCommit } from "./commits.ts";
import type { StraightOptions } from "./options.ts";
import { createGatherer, type StraightPart } from "./parts.ts";
import type { StraightExport } from "./plan.ts";
import type { StraightState } from "./state.ts";

interface StraightWriterOptions extends StraightOptions, StraightExport {
  readonly request: SnapshotRequest;
  readonly state: StraightState;
  /** Is told of each part that is there, with its content. */
  readonly onPart?: (part: StraightPart) => void;
}

/** How large a part becomes, unless a single block is larger: it is in memory until it is sent. Bytes */
const PART_BYTES = 8 << 20;

/** How many parts of one step that arrives in pieces are on their way at once. */
const UNDERWAY = 2;

/** The writer of one run. */
export function straightWriter(options: StraightWriterOptions): SnapshotWriter {
  const { place, name: folder, form, book, signal, request, state, onPart } = options;
  const { compression, fileBytesMax = PART_BYTES } = request;
  const compressed = compression === "zstd";
  const placement = createPlacement({
    compressed,
    folders: foldersOf(request),
    fileBytesMax: Math.min(fileBytesMax, PART_BYTES),
    partDigits: 6,
    isTaken: (path) => state.taken.has(path) || isBookkeeping(path),
  });
  for (const file of state.summary().files) placement.restore(file.plugin, file);
  placement.split();
  const inTurn = createQueue();
  let before: Promise<unknown> = Promise.resolve();

  const sendPart = async (part: StraightPart): Promise<SentPart> => {
    const { path, bytes, blocks } = part;
    state.taken.add(path);
    const file = await form(fromMemory(path, bytes));
    const outcome = await trySend({ place, folder, file, replaces: false });
    if (outcome === "taken") throw another(options);
    onPart?.(part);
    relieveNow();
    return { path, blocks, object: described(file), sum: sumOf(part), isOurs: outcome === "sent" };
  };

  /** Whatever of it was sent is named by no commit, and will not be. */
  const takeBack = async ({ path, object, isOurs }: SentPart): Promise<void> => {
    if (!isOurs) return;
    await place.remove(`${folder}/${object.name}`);
    state.taken.delete(path);
  };

  /** Steps count in the order of their numbers, so the index is the same whoever puts it together. */
  const commit = async (
    plugin: string,
    sent: readonly SentPart[],
    step: Commit,
  ): Promise<readonly Block[]> => {
    state.number += 1;
    const blocks = sent.flatMap((part) => part.blocks);
    const value: StraightCommit = {
      number: state.number,
      run: state.run,
      objects: sent.map(({ object }) => object),
      sums: Object.fromEntries(sent.flatMap(({ sum }) => sum)),
      lines: formatStep(plugin, blocks, step).map((line) => line.slice(0, -1)),
    };
    const written = book.write(state.commitName(plugin, step.cursor), {
      ...value,
      objects: [...value.objects],
    });
    before = Promise.all([before, written]).then(([, outcome]) => {
      if (outcome === "taken") throw another(options);
      state.enter({ plugin, blocks, commit: step }, value);
    });
    await before;
    return blocks;
  };

  const placed = (placer: Placer, step: Pick<WholeStep, "records" | "files" | "objects">) =>
    inTurn(async () => {
      try {
        return await placer.place(step);
      } finally {
        placement.split();
      }
    });

  return {
    async write(plugin, step) {
      const placer = createPlacer(plugin, { placement, compressed });
      const gatherer = createGatherer();
      const parts = await placed(placer, step).catch((error: unknown) => {
        placer.release();
        throw error;
      });
      return stopping(options, async () => {
        const all = [...gatherer.add(parts), ...gatherer.rest()];
        return commit(plugin, await Promise.all(all.map(sendPart)), step.commit);
      });
    },
    begin(plugin) {
      const placer = createPlacer(plugin, { placement, compressed, alone: true });
      const gatherer = createGatherer();
      const underway: Promise<SentPart>[] = [];
      // A commit whose answer was lost may be there, and name them.
      let mayBeNamed = false;
      const send = async (parts: readonly StraightPart[]): Promise<void> => {
        for (const part of parts) {
          const sending = sendPart(part);
          sending.catch(() => {});
          underway.push(sending);
          await underway.at(-UNDERWAY);
        }
      };
      return {
        async add(piece) {
          const parts = await placed(placer, { ...piece, objects: [] });
          await stopping(options, () => send(gatherer.add(parts)));
        },
        commit: (step) =>
          stopping(options, async () => {
            await send(gatherer.rest());
            const sent = await Promise.all(underway);
            mayBeNamed = true;
            return commit(plugin, sent, step);
          }),
        async discard() {
          const ended = await Promise.allSettled(underway);
          const sent = ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
          // What stays is cleared away at the end.
          if (!mayBeNamed) await Promise.allSettled(sent.map(takeBack));
          await inTurn(async () => placer.release());
        },
      };
    },
    flush: () =>
      before.then(
        () => {},
        (error) => {
          // What did not get there is done again.
          if (!signal.aborted) throw error;
        },
      ),
    async finish(expected) {
      await before;
      const { files, index } = state.summary();
      const isThere = ({ plugin, file }: ExpectedFile): boolean =>
        files.some((one) => one.plugin === plugin && one.of === file);
      const empty = expected
        .filter((one) => !isThere(one))
        .map(({ plugin, file }) => emptyFile(plugin, placement.locate(plugin, file, 0).path, file));
      return { files: [...files, ...empty], index };
    },
    close: async () => {},
  };
}

interface SentPart extends Pick<StraightPart, "path" | "blocks"> {
  readonly object: CopyObject;
  /** Its file's, with its path. */
  readonly sum: readonly [string, string][];
  /** This process has written it. */
  readonly isOurs: boolean;
}

/** What a file of a single block has is its block's. */
const sumOf = ({ path, bytes, blocks }: StraightPart): [string, string][] =>
  blocks.length < 2 ? [] : [[path, new Bun.CryptoHasher("sha256").update(bytes).digest("hex")]];

/** What the place refuses stops the export, and not the backend whose step it was. */
async function stopping<Result>(
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

const another = ({ place, name }: Pick<StraightWriterOptions, "place" | "name">): SnapshotError =>
  new SnapshotError(`another process writes ${place.shown(name)}, too`, {
    hint: "Wait for it to end, or stop it; nothing that either has committed is lost.",
  });
