/**
 * A plugin that is busy for ever holds up the whole program: no timer, no time limit, no Ctrl-C gets its turn. A thread of
 * its own sees that, names the plugin, and ends the program, which is then as good as killed: an export can be resumed,
 * and the next command closes what the trail has open. It is started with the first plugin of a third party.
 */

const BEAT_MS = 250;
const DEFAULT_LIMIT_MS = 60_000;
/** In the shared memory: a counter that the program turns, the length of the names, the names. bytes */
const NAMES_AT = 8;
const NAMES_MAX = 512;

/** The names of plugins whose code is running, as often as it is. */
const running = new Map<string, number>();
let shared: SharedArrayBuffer | undefined;

/** @param limitMs so long the program may be busy without a pause */
export function startWatchdog(limitMs = DEFAULT_LIMIT_MS): void {
  if (shared !== undefined) return;
  shared = new SharedArrayBuffer(NAMES_AT + NAMES_MAX);
  const turns = new Int32Array(shared, 0, 1);
  setInterval(() => Atomics.add(turns, 0, 1), BEAT_MS).unref();
  const thread = new Worker(URL.createObjectURL(new Blob([THREAD], { type: "text/javascript" })));
  thread.unref();
  thread.postMessage({ shared, limitMs });
}

/** Marks that a plugin's code runs. @returns what to call when it is done */
export function busyWith(name: string): () => void {
  change(name, 1);
  return () => change(name, -1);
}

function change(name: string, by: 1 | -1): void {
  const times = (running.get(name) ?? 0) + by;
  if (times > 0) running.set(name, times);
  else running.delete(name);
  // Nothing to tell when only the number of calls is another.
  if (shared !== undefined && times === (by === 1 ? 1 : 0)) tell(shared);
}

function tell(memory: SharedArrayBuffer): void {
  const names = new TextEncoder().encode([...running.keys()].join(" or ")).subarray(0, NAMES_MAX);
  new Uint8Array(memory, NAMES_AT).set(names);
  Atomics.store(new Int32Array(memory, 4, 1), 0, names.length);
}

/** Time is counted in its own ticks, so that a program that was suspended is not taken for a busy one. */
const THREAD = `
const { writeSync } = require("node:fs");
self.onmessage = ({ data: { shared, limitMs } }) => {
  const numbers = new Int32Array(shared, 0, 2);
  let seen = -1;
  let silentMs = 0;
  setInterval(() => {
    const turns = Atomics.load(numbers, 0);
    const length = Atomics.load(numbers, 1);
    silentMs = turns === seen && length > 0 ? silentMs + ${BEAT_MS} : 0;
    seen = turns;
    if (silentMs < limitMs) return;
    const names = new TextDecoder().decode(new Uint8Array(shared, ${NAMES_AT}, length).slice());
    writeSync(2, "error: the plugin " + names + " has kept the program busy for " + limitMs / 1000 +
      " s without a pause, and the program was ended\\nhint: This is a defect of the plugin, a synchronous loop:" +
      " \`contextcore plugin check\` shows where; \`contextcore plugin remove\` goes on without it.\\n");
    process.kill(process.pid, "SIGKILL");
  }, ${BEAT_MS});
};`;
