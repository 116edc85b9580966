/**
 * Keeps work within its budget of 150 MB resident, beyond what the process held before, because a service has a database
 * open. The runtime collects garbage only when its heap has grown by half, which is late with megabytes in every step.
 */

/** From this growth on, a garbage collection is worth its time. Bytes resident. */
const HIGH_BYTES = 45e6;
/** From this growth on, steps run one at a time, because collecting alone did not help. Bytes resident. */
const PRESSED_BYTES = 50e6;
const LOOK_MS = 20;
/** How often to look while memory use is low, perhaps because the work waits for a count to settle. */
const CALM_LOOK_MS = 100;
/** At most this share of the time is spent on collections. One takes about 10 ms, more in a process that holds much. */
const SHARE = 0.2;
const SPACING_MS = 100;
/** What the program itself uses if nothing was measured. Bytes resident. */
const ALONE_BYTES = 80e6;

/** Watches the memory of one piece of work until it ends. */
interface MemoryWatch extends Disposable {
  /** Whether the work holds so much memory that its steps should run one at a time. */
  isPressed(): boolean;
}

const residentBytes = (): number => process.memoryUsage.rss();

/** For each piece of work in progress, what the process held when it began. */
const held = new Set<{ readonly bytes: number }>();

/** The earliest time for the next collection. ms by `performance.now()` */
let next = 0;

function collect(): void {
  const began = performance.now();
  Bun.gc(true);
  const ended = performance.now();
  next = ended + Math.max(SPACING_MS, (ended - began) / SHARE);
}

/**
 * Collects garbage when memory use is high, but not too often, until it is disposed of.
 * @param meant what the work holds all the time and no collection would free, a small part of the budget. Bytes
 */
export function watchMemory(meant = 0): MemoryWatch {
  const before = { bytes: residentBytes() + meant };
  held.add(before);
  const look = (): number => {
    const more = residentBytes() - before.bytes;
    if (performance.now() >= next && more > HIGH_BYTES) collect();
    return more;
  };
  // The timer must not keep a process alive whose work is done.
  const lookIn = (ms: number): Timer =>
    setTimeout(() => {
      timer = lookIn(look() > HIGH_BYTES / 2 ? LOOK_MS : CALM_LOOK_MS);
    }, ms).unref();
  let timer = lookIn(LOOK_MS);
  return {
    isPressed() {
      // On a busy machine the timer is late.
      look();
      return residentBytes() > before.bytes + PRESSED_BYTES;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      held.delete(before);
    },
  };
}

/** Collects at once if memory use is high, for long watched work that no timer can interrupt. */
export function relieveNow(): void {
  const [most = ALONE_BYTES] = [...held].map(({ bytes }) => bytes).sort((a, b) => b - a);
  if (residentBytes() > most + HIGH_BYTES) collect();
}
