/** Checks the bytes of data files block by block against the index. */

import type { Block } from "../snapshot/format/block.ts";
import { placeOf } from "../snapshot/format/block-place.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import { createByteReader } from "../snapshot/read/byte-reader.ts";
import type { Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { createKeySet, type KeySet } from "../units/key-set.ts";
import type { Complain } from "./block-index.ts";
import type { DamageTally } from "./damage.ts";
import { type Blame, checkBytes, checkObject, checkRecords } from "./data-lines.ts";
import { flawFrom } from "./flaw-from.ts";

/** The data files of one snapshot, being checked. Damage is complained of, not thrown. */
export interface DataCheck {
  /**
   * Begins to read the block on line `number` of the index. The previous block may still be being checked; earlier ones are
   * done.
   */
  begin(plugin: string, block: Block, number: number): CheckBlock;
  /** Skips a block outside the part being checked. */
  skip(block: Block): void;
  /** SHA-256 of each file that was read completely. */
  fileHashes(): ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Checks the block that was begun. @returns the bytes read; a flaw is reported, never thrown */
type CheckBlock = () => Promise<number>;

interface DataCheckOptions {
  readonly snapshot: Storage;
  /** Whether to parse and count lines, or only compare checksums. */
  readonly lines: boolean;
  readonly complain: Complain;
  /** Receives each damaged block. */
  readonly damage: DamageTally;
}

/** What is remembered of a file between its blocks. */
interface FileState {
  readonly hasher: Bun.CryptoHasher;
  /** Lines before the next block. */
  lines: number;
  isWhole: boolean;
}

/** One block is checked while the next is read. */
const BUFFERS = 2;

/** Checks the data files of the snapshot; close it, or its files stay open. */
export function createDataCheck({ snapshot, lines, complain, damage }: DataCheckOptions): DataCheck {
  const reader = createByteReader(snapshot, { buffers: BUFFERS });
  const states = new Map<string, FileState>();
  // A trace appears once in a data file, however many parts the file has.
  const ids = new Map<string, KeySet>();

  const stateOf = (file: string): FileState => {
    const state = states.get(file) ?? { hasher: new Bun.CryptoHasher("sha256"), lines: 0, isWhole: true };
    states.set(file, state);
    return state;
  };

  const idsOf = (plugin: string, { of, file }: Block): KeySet => {
    const key = `${plugin} ${of ?? file}`;
    const known = ids.get(key) ?? createKeySet();
    ids.set(key, known);
    return known;
  };

  return {
    begin(plugin, block, number) {
      const state = stateOf(block.file);
      const first = state.lines + 1;
      state.lines += block.records;
      const isRecords = kindOf(block) === "records" && block.records > 0;
      const span = isRecords ? { lines: { first, last: state.lines } } : {};
      const blame: Blame = (message, line) => {
        damage.note(plugin, block, number);
        const place = { plugin, block: number, ...placeOf(block), ...span };
        complain({ subject: block.file, message, ...place, ...given({ line }) });
      };
      const reading = Promise.allSettled([reader.read(block.file, block.offset, block.bytes)]);
      return async () => {
        try {
          const [read] = await reading;
          if (read.status === "rejected") throw read.reason;
          const bytes = read.value;
          if (hashInto(state.hasher, bytes) !== block.sha256) blame("checksum mismatch");
          const kind = kindOf(block);
          if (lines && kind === "bytes") await checkBytes(block, bytes);
          else if (lines && kind === "object") checkObject(block, bytes, blame);
          else if (lines) await checkRecords({ block, bytes, first, ids: idsOf(plugin, block), blame });
          return bytes.length;
        } catch (error) {
          state.isWhole = false;
          blame(flawFrom(error));
          return 0;
        }
      };
    },
    skip(block) {
      const state = stateOf(block.file);
      state.lines += block.records;
      state.isWhole = false;
    },
    fileHashes() {
      const whole = [...states].filter(([, state]) => state.isWhole);
      return new Map(whole.map(([file, { hasher }]) => [file, hasher.copy().digest("hex")]));
    },
    close: reader.close,
  };
}

const SLICE_BYTES = 64 << 10;

/** Adds a block to its file's hash. @returns its own hash, hex; each slice is still in the CPU cache for the second hash */
function hashInto(file: Bun.CryptoHasher, bytes: Uint8Array): string {
  const own = new Bun.CryptoHasher("sha256");
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const slice = bytes.subarray(at, at + SLICE_BYTES);
    file.update(slice);
    own.update(slice);
  }
  return own.digest("hex");
}
