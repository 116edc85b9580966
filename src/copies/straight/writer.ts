/**
 * Writes an export's steps straight into a place: what a step yields is sent as parts of files, under names that nothing has, and
 * counts once the step's commit is there. Nothing waits on this machine but what is on its way.
 */
import { type Block, type Commit, formatStep } from "../../snapshot/format/block.ts";
import type { SnapshotRequest } from "../../snapshot/write/request.ts";
import { createPlacer, type Placer, type WholeStep } from "../../snapshot/write/step.ts";
import {
  createQueue,
  type ExpectedFile,
  emptyFile,
  type SnapshotWriter,
} from "../../snapshot/write/writer.ts";
import { given } from "../../units/given.ts";
import type { StraightCommit } from "./commits.ts";
import type { StraightOptions } from "./options.ts";
import { createGatherer, type StraightPart } from "./parts.ts";
import { straightPlacement } from "./placement.ts";
import type { StraightExport } from "./plan.ts";
import {
  anotherWriter,
  createPartSender,
  orStops,
  type SentPart,
  type SentStep,
  stepFrom,
} from "./sender.ts";
import type { StraightState } from "./state.ts";

/** Also commits what other processes have sent. */
export interface StraightWriter extends SnapshotWriter {
  /** @throws SnapshotError when the place refuses */
  commitSent(plugin: string, sent: SentStep, commit: Commit): Promise<readonly Block[]>;
}

interface StraightWriterOptions extends StraightOptions, StraightExport {
  readonly request: SnapshotRequest;
  readonly state: StraightState;
  /** Is told of each part that is there, with its content. */
  readonly onPart?: (part: StraightPart) => void;
}

/** How many parts of one step that arrives in pieces are on their way at once. */
const UNDERWAY = 2;

/** The writer of one run. */
export function straightWriter(options: StraightWriterOptions): StraightWriter {
  const { place, form, book, signal, request, state, onPart } = options;
  const compressed = request.compression === "zstd";
  const placement = straightPlacement(request, { isTaken: (path) => state.taken.has(path) });
  for (const file of state.summary().files) placement.restore(file.plugin, file);
  placement.split();
  const inTurn = createQueue();
  let before: Promise<unknown> = Promise.resolve();

  const parts = createPartSender({ place, name: options.name, form, ...given({ onPart }) });
  const sendPart = (part: StraightPart): Promise<SentPart> => {
    state.taken.add(part.path);
    return parts.send(part);
  };

  /** Whatever of it was sent is named by no commit, and will not be. */
  const takeBack = async (sent: SentPart): Promise<void> => {
    await parts.takeBack(sent);
    if (sent.isOurs) state.taken.delete(sent.path);
  };

  /** Steps count in the order of their numbers, so the index is the same whoever puts it together. */
  const commit = async (
    plugin: string,
    { blocks, objects, sums }: SentStep,
    step: Commit,
  ): Promise<readonly Block[]> => {
    state.number += 1;
    const value: StraightCommit = {
      number: state.number,
      run: state.run,
      objects,
      sums,
      lines: formatStep(plugin, blocks, step).map((line) => line.slice(0, -1)),
    };
    const written = book.write(state.commitName(plugin, step.cursor), {
      ...value,
      objects: [...value.objects],
    });
    before = Promise.all([before, written]).then(([, outcome]) => {
      if (outcome === "taken") throw anotherWriter(options);
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
      return orStops(options, async () => {
        const all = [...gatherer.add(parts), ...gatherer.rest()];
        return commit(plugin, stepFrom(await Promise.all(all.map(sendPart))), step.commit);
      });
    },
    commitSent: (plugin, sent, step) =>
      orStops(options, () => {
        for (const { file } of sent.blocks) state.taken.add(file);
        return commit(plugin, sent, step);
      }),
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
          await orStops(options, () => send(gatherer.add(parts)));
        },
        commit: (step) =>
          orStops(options, async () => {
            await send(gatherer.rest());
            const sent = await Promise.all(underway);
            mayBeNamed = true;
            return commit(plugin, stepFrom(sent), step);
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
