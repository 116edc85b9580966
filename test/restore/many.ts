/** A snapshot in memory with many blocks in one file, and a server that is given them. */
import * as v from "valibot";
import type { Backend, RestoreBatch, Restorer } from "../../src/contract/contract.ts";
import type { Tuning } from "../../src/engine/tuning.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { openRestoreJournal } from "../../src/restore/journal.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { type RestoreProgress, runRestore, type TargetOutcome } from "../../src/restore/run.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import type { OpenSnapshot } from "../../src/snapshot/read/reader.ts";
import { savedPlugin, snapshotOf } from "./small.ts";

const FIRST = 1_769_212_800_000_000_000n;
const SECOND = 1_000_000_000n;

/** Each block has one line, `{"number":0}` and so on. @param textOf what the block holds instead */
export function manyBlocks(
  count: number,
  textOf: (number: number) => string = (number) => `{"number":${number}}\n`,
): OpenSnapshot {
  const small = snapshotOf([savedPlugin("many")]);
  const blocks = Array.from(
    { length: count },
    (_, number): Block => ({
      file: "many/lines.json",
      offset: number,
      bytes: textOf(number).length,
      records: textOf(number).split("\n").length - 1,
      range: { from: FIRST + BigInt(number) * SECOND, to: FIRST + BigInt(number + 1) * SECOND },
      sha256: "0".repeat(64),
      counts: { entries: 1 },
    }),
  );
  return {
    ...small,
    async *blocks() {
      for (const [at, block] of blocks.entries()) yield { plugin: "many", block, number: at + 1 };
    },
    read: async ({ offset }) => Buffer.from(textOf(offset)),
  };
}

/** What a server is given, and how it takes it. */
export interface Server {
  readonly order?: "time" | "index" | "any";
  readonly apply: Restorer["apply"];
}

export function serverOf({ order, apply }: Server): OpenBackend {
  const backend: Backend = {
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: { start: async () => ({ cursors: [] }), step: async () => ({}) },
    restore: {
      ...(order === undefined ? {} : { order: { "many/lines.json": order } }),
      preflight: async () => [],
      apply,
    },
  };
  return { name: "many", plugin: { name: "many", about: "A test's", options: v.object({}) }, backend };
}

/** The number of a batch's block. */
export const numberIn = ({ lines }: RestoreBatch): number => JSON.parse(lines[0] ?? "{}").number;

export interface Restoring {
  readonly snapshot: OpenSnapshot;
  readonly server: Server;
  /** Of the journal. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  readonly tuning?: Partial<Tuning>;
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/** Plans and runs a restore of it. */
export async function restoreMany(restoring: Restoring): Promise<TargetOutcome> {
  const { snapshot, server, directory, signal = new AbortController().signal, tuning } = restoring;
  const plan = await planRestore({ snapshot, backends: [serverOf(server)], labels: {}, signal });
  const journal = await openRestoreJournal(directory);
  const { onProgress } = restoring;
  try {
    const [outcome] = await runRestore({
      plan,
      journal,
      signal,
      ...(tuning === undefined ? {} : { tuning }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    if (outcome === undefined) throw new Error("nothing was planned");
    return outcome;
  } finally {
    await journal.close();
  }
}
