/** One of so many parts of a snapshot's blocks, counted from 1. */
export interface SnapshotPart {
  readonly index: number;
  readonly of: number;
}

const DAY_MS = 86_400_000;

/**
 * Reads `2/7`, or `10%`: as many parts as cover everything, another one each day.
 * @throws RangeError when it is neither
 */
export function readPart(text: string, nowMs: number = Date.now()): SnapshotPart {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index !== undefined && Number(index) >= 1 && Number(index) <= Number(of)) {
    return { index: Number(index), of: Number(of) };
  }
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1] ?? Number.NaN);
  if (percent > 0 && percent <= 100) {
    const parts = Math.ceil(100 / percent);
    return { index: (Math.floor(nowMs / DAY_MS) % parts) + 1, of: parts };
  }
  throw new RangeError(`${JSON.stringify(text)} is not a part (use 1/7, or 10%)`);
}
