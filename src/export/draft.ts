/** A snapshot while it is being written, wherever that is. */
import { dirname, join } from "node:path";
import type { Manifest, Parent } from "../snapshot/format/manifest.ts";
import { renameFinished, writeManifest } from "../snapshot/write/partial.ts";
import type { Recovered } from "../snapshot/write/recover.ts";
import { foldersOf, type SnapshotRequest } from "../snapshot/write/request.ts";
import { openWriter, type SnapshotWriter } from "../snapshot/write/writer.ts";
import { localStorage } from "../storage/local.ts";
import type { Lock } from "../storage/lock.ts";
import type { Storage } from "../storage/storage.ts";
import { discardDirectory } from "../storage/whole-directory.ts";
import { given } from "../units/given.ts";
import { type Committed, openCommitted } from "./reread/committed.ts";
import type { ExportTuning } from "./tuning.ts";
import type { ExportResult } from "./types.ts";
import type { Elsewhere } from "./workers/elsewhere.ts";

/** How its writer is opened. */
interface DraftOptions extends Pick<ExportTuning, "groupMs" | "groupBytes"> {
  /** Called, perhaps more than once, when what was written cannot be made durable: the export must stop. */
  readonly onFailure: (error: Error) => void;
}

/** What one run writes with. */
interface OpenedDraft {
  readonly writer: SnapshotWriter;
  /** Steps that other processes run. Absent: all are run in this one. */
  readonly elsewhere?: Elsewhere;
}

/** What one run of an export writes into, first or resumed. */
export interface Draft {
  /** For messages, and what `--resume` takes. */
  readonly name: string;
  open(options: DraftOptions): Promise<OpenedDraft>;
  /** Reads back what was committed of a backend. */
  committed(backend: string): Committed;
  /** A snapshot that was kept before, and that this one continues. It need not be there. */
  earlier(parent: Parent): Storage;
  /** Makes a snapshot of it, once its writer has finished. */
  finish(claims: Omit<Manifest, "sha256">): Promise<ExportResult>;
  /** Removes it, after its writer has finished. */
  discard(): Promise<void>;
}

/** An unfinished snapshot's own directory. */
interface LocalDraft {
  readonly partial: string;
  readonly lock: Lock;
  readonly request: SnapshotRequest;
  readonly recovered?: Recovered;
}

/** The `.partial` directory, which gets its final name at the end. */
export const localDraft = ({ partial, lock, request, recovered }: LocalDraft): Draft => ({
  name: partial,
  open: async (options) => ({
    writer: await openWriter({
      directory: partial,
      folders: foldersOf(request),
      ...options,
      ...given({ compression: request.compression, fileBytesMax: request.fileBytesMax, recovered }),
    }),
  }),
  committed: (backend) => openCommitted(localStorage(partial), backend),
  earlier: ({ snapshot }) => localStorage(join(dirname(partial), snapshot)),
  async finish(claims) {
    const manifest = await writeManifest(partial, claims);
    // The lock file is in the directory, which is now renamed.
    lock.release();
    return { path: await renameFinished(partial, manifest), manifest };
  },
  async discard() {
    lock.release();
    await discardDirectory(partial);
  },
});
