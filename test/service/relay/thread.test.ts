/** Whatever becomes of the thread that notes what passes: nothing is thrown, nobody waits for ever, and what is lost is counted. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { openLogThread } from "../../../src/service/relay/thread-log.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const REAL = globalThis.Worker;
afterEach(() => {
  globalThis.Worker = REAL;
});

function opened() {
  const lost: string[] = [];
  const path = join(temporaryDirectory(), "own/activity.db");
  const log = openLogThread({
    path,
    content: "redacted",
    onSetAside() {},
    onLost: (name) => void lost.push(name),
  });
  return { log, lost };
}

/** A call from its beginning to its end. @returns when it is noted */
function called(log: ReturnType<typeof opened>["log"]): Promise<void> {
  const exchange = log.begin("/v1/chat/completions", { upstream: "openai" });
  exchange.asked(Buffer.from('{"model":"small"}'), 17);
  exchange.answered({ status: 200, statusText: "OK", mediaType: "application/json", coding: null });
  exchange.take(Buffer.from('{"choices":[]}'));
  return exchange.end({ how: "passed" });
}

test("a thread that cannot begin loses a run, and the next one is tried", async () => {
  const { log, lost } = opened();
  globalThis.Worker = class {
    constructor() {
      throw new Error("no more threads");
    }
  } as unknown as typeof Worker;
  await called(log);
  expect([lost, log.state()]).toEqual([
    ["openai"],
    { written: 0, waiting: 0, lost: 1, failure: "no more threads" },
  ]);
  globalThis.Worker = REAL;
  await called(log);
  await log.close(5_000);
  expect(log.state()).toEqual({ written: 2, waiting: 0, lost: 1 });
});

test("a thread that dies loses what it had", async () => {
  const { log, lost } = opened();
  globalThis.Worker = class {
    onerror = (_: { readonly message: string }): void => {};
    postMessage(words: readonly { readonly say: string }[]): void {
      if (words.some(({ say }) => say === "end")) this.onerror({ message: "out of memory" });
    }
    terminate(): void {}
  } as unknown as typeof Worker;
  await Promise.all([called(log), called(log)]);
  expect([lost, log.state()]).toEqual([
    ["openai", "openai"],
    { written: 0, waiting: 0, lost: 2, failure: "out of memory" },
  ]);
  await log.close(100);
});

test("what the thread cannot keep up with is counted, and not held", async () => {
  const { log } = opened();
  let heard = 0;
  globalThis.Worker = class {
    postMessage(words: readonly { readonly bytes?: Uint8Array | number }[]): void {
      for (const { bytes } of words) heard += bytes instanceof Uint8Array ? bytes.length : 0;
    }
    terminate(): void {}
  } as unknown as typeof Worker;
  const exchange = log.begin("/v1/chat/completions", {});
  const piece = new Uint8Array(1 << 20);
  for (let at = 0; at < 200; at += 1) exchange.take(piece);
  await Bun.sleep(20);
  expect(heard).toBe(64 << 20);
});
