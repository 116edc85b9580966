/**
 * Keeps the process within its budget of 150 MB resident. The runtime collects garbage when its heap has grown by half, which
 * is late with megabytes in every step.
 */

/** From here on a collection is worth its time. Bytes resident. */
const HIGH_BYTES = 100e6;
/** From here on one step at a time is enough: collecting alone did not help. */
const PRESSED_BYTES = 115e6;
const LOOK_MS = 20;
/** A collection takes about 10 ms: at most a tenth of the time is spent on it. */
const SPACING_MS = 100;

/** Whether the process holds so much memory that work should not be done side by side. */
export const isPressed = (): boolean => process.memoryUsage.rss() > PRESSED_BYTES;

/** Collects when there is much to collect, not too often, until it is disposed of. */
export function relievePressure(): Disposable {
  let next = 0;
  const timer = setInterval(() => {
    if (performance.now() < next || process.memoryUsage.rss() < HIGH_BYTES) return;
    Bun.gc(true);
    next = performance.now() + SPACING_MS;
  }, LOOK_MS);
  // It must not keep a process alive whose work is done.
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Collects at once when there is much to collect: for long work that no timer interrupts. */
export function relieveNow(): void {
  if (process.memoryUsage.rss() > HIGH_BYTES) Bun.gc(true);
}
