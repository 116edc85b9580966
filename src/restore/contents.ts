/** The contents that lines name: parts of files of bytes, read from the blocks that they lie in. */
import * as v from "valibot";
import type { Content, Rejected, RestoreAnswer, Restorer } from "../contract/contract.ts";
import { type Block, fileOf } from "../snapshot/format/block.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { messageOf } from "../units/message-of.ts";

/** The contents of one target. */
export interface Contents {
  /** The lines whose contents can be had, and those whose cannot, with the reason. */
  present(lines: readonly string[]): {
    readonly lines: readonly string[];
    readonly rejected: readonly Rejected[];
  };
  /** The bytes that these lines name, one after another. @throws SnapshotError at damage, which is remembered */
  of(lines: readonly string[]): AsyncGenerator<Uint8Array>;
  /** How many blocks were found damaged so far. */
  readonly damaged: number;
}

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const namingSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ content: v.optional(v.object({ file: v.string(), offset: whole, bytes: whole })) }),
);

/** A block, and where it begins in its file before compression. */
interface Placed {
  readonly block: Block;
  readonly from: number;
  readonly to: number;
}

/** @param blocks each file's in order */
export function createContents(snapshot: OpenSnapshot, blocks: readonly Block[]): Contents {
  const files = placed(blocks);
  const damage = new Map<Block, string>();
  let last: { readonly block: Block; readonly bytes: Uint8Array } | undefined;

  /** Small contents lie together in one block. */
  const read = async (block: Block): Promise<Uint8Array> => {
    if (last?.block === block) return last.bytes;
    try {
      last = { block, bytes: await snapshot.read(block) };
      return last.bytes;
    } catch (error) {
      if (error instanceof SnapshotError) damage.set(block, messageOf(error));
      throw error;
    }
  };

  const lacks = (content: Content): string | undefined => {
    const found = partsOf(files.get(content.file) ?? [], content);
    const held = found.reduce((sum, { from, to }) => sum + overlap(content, { from, to }), 0);
    if (held < content.bytes) return `${content.file}, which has its content, is not at hand`;
    const broken = found.find(({ block }) => damage.has(block));
    return broken && `its content is damaged: ${damage.get(broken.block)}`;
  };

  return {
    present(lines) {
      const reasons = lines.map((line) => {
        const content = contentOf(line);
        return content && lacks(content);
      });
      return {
        lines: lines.filter((_, n) => reasons[n] === undefined),
        rejected: lines.flatMap((line, n) => {
          const reason = reasons[n];
          return reason === undefined ? [] : [{ line, reason }];
        }),
      };
    },
    async *of(lines) {
      for (const line of lines) {
        const content = contentOf(line);
        if (content === undefined) continue;
        for (const { block, from } of partsOf(files.get(content.file) ?? [], content)) {
          const bytes = await read(block);
          yield bytes.subarray(Math.max(0, content.offset - from), content.offset + content.bytes - from);
        }
      }
    },
    get damaged() {
      return damage.size;
    },
  };
}

/** How a restorer's lines are written: refused where their contents cannot be had, which may show only while they are read. */
export const withContents = (restore: Restorer, contents: Contents): Restorer["apply"] =>
  async function apply(batch, signal): Promise<RestoreAnswer> {
    if (restore.applyContents === undefined) return restore.apply(batch, signal);
    const { lines, rejected } = contents.present(batch.lines);
    const { damaged } = contents;
    try {
      const answer = await restore.applyContents({ ...batch, lines }, contents.of(lines), signal);
      return { ...answer, rejected: [...rejected, ...(answer.rejected ?? [])] };
    } catch (error) {
      if (contents.damaged === damaged) throw error;
      return apply(batch, signal);
    }
  };

/** What a line says of its content. One that says it wrongly has none: its backend refuses that line, and no other. */
function contentOf(line: string): Content | undefined {
  if (!line.includes('"content"')) return undefined;
  const { success, output } = v.safeParse(namingSchema, line);
  return success ? output.content : undefined;
}

function placed(blocks: readonly Block[]): ReadonlyMap<string, readonly Placed[]> {
  const files = new Map<string, Placed[]>();
  for (const block of blocks) {
    const own = files.get(fileOf(block)) ?? [];
    const from = own.at(-1)?.to ?? 0;
    own.push({ block, from, to: from + (block.raw ?? block.bytes) });
    files.set(fileOf(block), own);
  }
  return files;
}

const overlap = ({ offset, bytes }: Content, { from, to }: Omit<Placed, "block">): number =>
  Math.max(0, Math.min(offset + bytes, to) - Math.max(offset, from));

/** The blocks that a content lies in, in order. */
function partsOf(all: readonly Placed[], content: Content): readonly Placed[] {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.to ?? 0) <= content.offset) low = middle + 1;
    else high = middle;
  }
  const found: Placed[] = [];
  for (let n = low; (all[n]?.from ?? Number.POSITIVE_INFINITY) < content.offset + content.bytes; n += 1) {
    const one = all[n];
    if (one !== undefined) found.push(one);
  }
  return found;
}
