/** Changes to a snapshot after which every checksum fits, as by somebody who means ill. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatManifest, type Manifest, parseManifest } from "../../src/snapshot/format/manifest.ts";

/** In lower-case hex. */
export const sha256 = (bytes: string | Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** Changes a file. */
export const edit = (path: string, change: (text: string) => string): void =>
  writeFileSync(path, change(readFileSync(path, "utf8")));

/** Changes what the manifest claims and signs it again, as a program that lies would. */
export function claim(path: string, change: (manifest: Manifest) => void): void {
  const file = join(path, "manifest.json");
  const manifest = parseManifest(readFileSync(file, "utf8"), file);
  change(manifest);
  writeFileSync(file, formatManifest(manifest).text);
}

/** As {@link claim}, and the index is what the manifest says of it. */
export function reindex(path: string, change: (manifest: Manifest) => void = () => {}): void {
  const index = readFileSync(join(path, "blocks.jsonl"));
  claim(path, (manifest) => {
    change(manifest);
    Object.assign(manifest.index, { sha256: sha256(index), bytes: index.length });
  });
}

/** Changes a data file of one block so that every checksum fits again: what is wrong is only what it says. */
export function forge(path: string, file: string, change: (text: string) => string): void {
  const before = readFileSync(join(path, file));
  const after = change(before.toString());
  writeFileSync(join(path, file), after);
  edit(join(path, "blocks.jsonl"), (index) =>
    index
      .replace(sha256(before), sha256(after))
      .replace(`"bytes":${before.length}`, `"bytes":${Buffer.byteLength(after)}`),
  );
  reindex(path, (manifest) => {
    for (const one of manifest.plugins.flatMap((plugin) => plugin.files)) {
      if (one.path === file) Object.assign(one, { sha256: sha256(after), bytes: Buffer.byteLength(after) });
    }
    manifest.bytes += Buffer.byteLength(after) - before.length;
  });
}
