/**
 * Keeps the process within its budget of 150 MB resident. The runtime collects garbage when its heap has grown by half, which
 * with megabytes in every step is later than we want: measured, 145 MB become 95 MB.
 */
export interface PressureValve {
  /** To be called after each step: collects when there is much to collect, not too often. */
  relieve(): void;
}

/** From here on it is worth the time. Bytes resident. */
const HIGH_BYTES = 100e6;
/** A collection takes about 10 ms: at most this part of the time is spent on it. */
const SPACING_MS = 200;

export function createPressureValve(): PressureValve {
  let next = 0;
  return {
    relieve() {
      const now = performance.now();
      if (now < next || process.memoryUsage.rss() < HIGH_BYTES) return;
      Bun.gc(true);
      next = performance.now() + SPACING_MS;
    },
  };
}
