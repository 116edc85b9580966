/** The data of the snapshot that an export continues, for a source that tells by it what has changed. */
import { PluginError } from "../../contract/errors.ts";
import { isKnownAs } from "../../snapshot/catalog/lineage.ts";
import { fileOf } from "../../snapshot/format/block.ts";
import type { Parent } from "../../snapshot/format/manifest.ts";
import { openSnapshot } from "../../snapshot/read/reader.ts";
import type { Storage } from "../../storage/storage.ts";

/** Some data files of a backend in the snapshot that this one continues. */
interface ParentFiles {
  /** Where it is, or was. */
  readonly place: Storage;
  readonly parent: Parent;
  readonly backend: string;
  readonly files: readonly string[];
}

/** Their text, one file after another. @throws PluginError `refused` when that snapshot is gone; SnapshotError when it is damaged */
export async function* parentText({
  place,
  parent,
  backend,
  files,
}: ParentFiles): AsyncGenerator<Uint8Array> {
  const snapshot = await openSnapshot(place).catch((cause) => {
    throw gone(parent, cause);
  });
  try {
    if (!isKnownAs(snapshot.manifest, parent.sha256)) throw gone(parent);
    const blocks = await Array.fromAsync(snapshot.blocks());
    for (const file of files)
      for (const { plugin, block } of blocks)
        if (plugin === backend && fileOf(block) === file) yield await snapshot.read(block);
  } finally {
    await snapshot.close();
  }
}

const gone = ({ snapshot }: Parent, cause?: unknown): PluginError =>
  new PluginError("refused", `${snapshot}, which this export continues, is no longer there`, {
    hint: "Begin a new one with --all.",
    cause,
  });
