/** Latencies as numbers of buckets, each a twentieth wider than the one before: quantiles from counts, within a twentieth. */

const LOG = Math.log(1.05);

/** @param ms not below zero */
export const bucketOf = (ms: number): number => Math.round(Math.log(Math.max(1, ms)) / LOG);

/** The middle of a bucket, ms. */
const msOf = (bucket: number): number => Math.round(Math.exp(bucket * LOG));

/** @param counts by bucket, in order @param share 0 to 1 @returns ms; `undefined` of nothing */
export function quantile(
  counts: readonly (readonly [bucket: number, count: number])[],
  share: number,
): number | undefined {
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  let before = 0;
  for (const [bucket, count] of counts) {
    before += count;
    if (count > 0 && before >= all * share) return msOf(bucket);
  }
  return undefined;
}
