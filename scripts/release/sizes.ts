/** The sizes of the last release, and how much a new one differs from them. */
import { readFileSync, writeFileSync } from "node:fs";
import * as v from "valibot";

const sizesSchema = v.object({ version: v.string(), files: v.record(v.string(), v.number()) });
/** Bytes by released file. */
export type Sizes = v.InferOutput<typeof sizesSchema>;

export const readSizes = (path: string): Sizes =>
  v.parse(sizesSchema, JSON.parse(readFileSync(path, "utf8")));

export const writeSizes = (path: string, sizes: Sizes): void =>
  writeFileSync(path, `${JSON.stringify(sizes, undefined, 2)}\n`);

/** A line for each file, and for what is no longer released. */
export function compareSizes(now: ReadonlyMap<string, number>, { version, files }: Sizes): string[] {
  const lines = [...now].map(
    ([file, bytes]) => `${file}: ${megabytes(bytes)}, ${against(files[file], bytes, version)}`,
  );
  const gone = Object.keys(files).filter((file) => !now.has(file));
  return [
    ...lines,
    ...gone.map((file) => `${file}: not built now, ${megabytes(files[file] ?? 0)} in ${version}`),
  ];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function against(before: number | undefined, bytes: number, version: string): string {
  if (before === undefined) return `new since ${version}`;
  const change = bytes - before;
  const sign = change < 0 ? "-" : "+";
  return `${sign}${(Math.abs(change) / 1e3).toFixed(0)} kB (${sign}${Math.abs((change / before) * 100).toFixed(2)} %) against ${version}`;
}
