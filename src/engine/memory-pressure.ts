/**
 * Keeps work within its budget of 150 MB resident, beside what the process held before it: a service has a database open. The
 * runtime collects garbage when its heap has grown by half, which is late with megabytes in every step.
 */

/** So much more than before, a collection is worth its time. Bytes resident. */
const HIGH_BYTES = 45e6;
/** So much more, one step at a time is enough: collecting alone did not help. */
const PRESSED_BYTES = 50e6;
const LOOK_MS = 20;
/** While it holds little, and waits perhaps, as for a count that has to last. */
const CALM_LOOK_MS = 100;
/** A collection takes about 10 ms, or more in a process that holds much: at most a fifth of the time is spent on it. */
const SHARE = 0.2;
const SPACING_MS = 100;
/** What the program itself takes, where nobody has looked. Bytes resident. */
const ALONE_BYTES = 80e6;

/** The memory of one piece of work, from its beginning to its end. */
export interface MemoryWatch extends Disposable {
  /** Whether the work holds so much that it should not be done side by side. */
  isPressed(): boolean;
}

const residentBytes = (): number => process.memoryUsage.rss();

/** What the process held when each piece of work that is under way began. */
const held = new Set<{ readonly bytes: number }>();

/** When the next collection is worth its time. ms by `performance.now()` */
let next = 0;

function collect(): void {
  const began = performance.now();
  Bun.gc(true);
  const ended = performance.now();
  next = ended + Math.max(SPACING_MS, (ended - began) / SHARE);
}

/** Collects when there is much to collect, not too often, until it is disposed of. */
export function watchMemory(): MemoryWatch {
  const before = { bytes: residentBytes() };
  held.add(before);
  const look = (): number => {
    const more = residentBytes() - before.bytes;
    if (performance.now() >= next && more > HIGH_BYTES) collect();
    return more;
  };
  // It must not keep a process alive whose work is done.
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

/** Collects at once when there is much to collect: for long work that no timer interrupts, while its memory is watched. */
export function relieveNow(): void {
  const [most = ALONE_BYTES] = [...held].map(({ bytes }) => bytes).sort((a, b) => b - a);
  if (residentBytes() > most + HIGH_BYTES) collect();
}
