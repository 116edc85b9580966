/** The bytes of data files, checked block after block against the index. */
import type { Block } from "../format/block.ts";
import { kindOf } from "../format/file-totals.ts";
import { createByteReader } from "../read/byte-reader.ts";
import type { Complain } from "./block-index.ts";
import { checkObject, checkRecords } from "./data-lines.ts";
import { createKeySet, type KeySet } from "./key-set.ts";

export interface DataCheck {
  /** Reads and checks one block of the index's line `number`. @returns the bytes read */
  check(plugin: string, block: Block, number: number): Promise<number>;
  /** Passes over a block that is not of the part that is checked. */
  skip(block: Block): void;
  /** SHA-256 of each file of which every block was read. */
  fileHashes(): ReadonlyMap<string, string>;
  close(): Promise<void>;
}

export interface DataCheckOptions {
  readonly path: string;
  /** Whether lines are parsed and counted, or only checksums compared. */
  readonly lines: boolean;
  readonly complain: Complain;
}

/** What is remembered of a file between its blocks. */
interface FileState {
  readonly hasher: Bun.CryptoHasher;
  /** Lines before the next block. */
  lines: number;
  isWhole: boolean;
}

export function createDataCheck({ path, lines, complain }: DataCheckOptions): DataCheck {
  const reader = createByteReader(path);
  const states = new Map<string, FileState>();
  // A trace is there once in a data file, however many parts that has.
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
    async check(plugin, block, number) {
      const state = stateOf(block.file);
      const first = state.lines + 1;
      state.lines += block.records;
      const blame = (what: string, line?: number): void =>
        complain({ file: block.file, what, block: number, ...(line === undefined ? {} : { line }) });
      try {
        const bytes = await reader.read(block.file, block.offset, block.bytes);
        state.hasher.update(bytes);
        const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
        if (digest !== block.sha256) blame("its bytes do not fit its checksum");
        if (lines && kindOf(block) === "object") checkObject(block, bytes, blame);
        else if (lines) await checkRecords({ block, bytes, first, ids: idsOf(plugin, block), blame });
        return bytes.length;
      } catch (error) {
        state.isWhole = false;
        blame(error instanceof Error ? error.message : String(error));
        return 0;
      }
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
