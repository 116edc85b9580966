/** The sizes that are recorded, those of the last release once there is one, and how much a new build differs. */
import { readFileSync, writeFileSync } from "node:fs";
import * as v from "valibot";

const sizesSchema = v.object({ version: v.string(), files: v.record(v.string(), v.number()) });
/** Bytes by released file. */
export type Sizes = v.InferOutput<typeof sizesSchema>;

export const readSizes = (path: string): Sizes =>
  v.parse(sizesSchema, JSON.parse(readFileSync(path, "utf8")));

export const writeSizes = (path: string, sizes: Sizes): void =>
  writeFileSync(path, `${JSON.stringify(sizes, undefined, 2)}\n`);

/**
 * A line for each file, and for what is no longer released.
 * @param building the version that is being built: sizes recorded under it are of no release, but of a build before
 */
export function compareSizes(
  now: ReadonlyMap<string, number>,
  { version, files }: Sizes,
  building: string,
): string[] {
  const then = version === building ? `an earlier build of ${version}` : version;
  const lines = [...now].map(
    ([file, bytes]) => `${file}: ${megabytes(bytes)}, ${against(files[file], bytes, then)}`,
  );
  const gone = Object.keys(files).filter((file) => !now.has(file));
  return [
    ...lines,
    ...gone.map((file) => `${file}: not built now, ${megabytes(files[file] ?? 0)} in ${then}`),
  ];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function against(before: number | undefined, bytes: number, then: string): string {
  if (before === undefined) return `new since ${then}`;
  const change = bytes - before;
  const sign = change < 0 ? "-" : "+";
  return `${sign}${(Math.abs(change) / 1e3).toFixed(0)} kB (${sign}${Math.abs((change / before) * 100).toFixed(2)} %) against ${then}`;
}
