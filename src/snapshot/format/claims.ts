/** Compares the blocks of an index with what the manifest says of their files. The index alone proves nothing. */
import { type Block, fileOf } from "./block.ts";
import { kindOf } from "./file-totals.ts";
import type { Manifest } from "./manifest.ts";

/** What is wrong with a block, as the rest of a sentence about its file; `undefined`: nothing. */
export type ObjectionTo = (plugin: string, block: Block) => string | undefined;

/** What a manifest claims of the files: whose each is, what it is, and of which data file it is a part. */
export function createClaims({ plugins }: Manifest): ObjectionTo {
  const claims = new Map(
    plugins.flatMap(({ name, files }) =>
      files.map(({ path, of = path, kind }) => [path, { plugin: name, of, kind }] as const),
    ),
  );
  return (plugin, block) => {
    const claim = claims.get(block.file);
    if (claim === undefined) return "is in the index and not in the manifest";
    if (claim.plugin !== plugin)
      return `belongs to ${plugin} in the index, to ${claim.plugin} in the manifest`;
    const kind = kindOf(block);
    if (claim.kind !== kind) return `is ${kind} in the index, ${claim.kind} in the manifest`;
    const of = fileOf(block);
    return claim.of === of ? undefined : `holds ${of} in the index, ${claim.of} in the manifest`;
  };
}
