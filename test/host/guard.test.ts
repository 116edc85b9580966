import { describe, expect, test } from "bun:test";
import type { Backend, Sink } from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";
import { type GuardOptions, guardBackend, guardSink } from "../../src/host/hooks/guard.ts";

const never = new AbortController().signal;
const options: GuardOptions = {
  redact: (text) => text.replaceAll("s3cret", "***"),
  limits: { lookMs: 30, workMs: 30 },
};

/** A backend that is right, but for `over`; typed loosely, since what is wrong is the point. */
const backend = (over: object = {}): Backend => ({
  inventory: async () => ({ signals: ["logs"], importance: "low" }),
  size: async () => ({ bytes: 1, source: "api" }),
  export: { start: async () => ({ cursors: [{}] }), step: async () => ({}) },
  ...over,
});
const guarded = (over: object = {}): Backend => guardBackend("acme/x", backend(over), options);
const failure = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => "no failure",
    (error) => error,
  );

describe("whatever a hook throws has the plugin's name and a kind", () => {
  test.each([
    [
      "an error",
      () => {
        throw new TypeError("no luck");
      },
      "acme/x: inventory failed: TypeError: no luck",
    ],
    ["a rejection", () => Promise.reject(new Error("no luck")), "acme/x: inventory failed: Error: no luck"],
    ["a word", () => Promise.reject("no luck"), "acme/x: inventory failed: no luck"],
    ["nothing", () => Promise.reject(undefined), "acme/x: inventory failed: undefined"],
    ["a secret", () => Promise.reject(new Error("my s3cret")), "acme/x: inventory failed: Error: my ***"],
  ])("%s", async (_, inventory, message) => {
    expect(await failure(guarded({ inventory }).inventory(never))).toMatchObject({
      kind: "invalid",
      message,
    });
  });

  test("a classified error stays what it is", async () => {
    const thrown = new PluginError("temporary", "the server is tired of s3cret", {
      retryAfterMs: 5,
      status: 429,
      hint: "wait, s3cret",
      cause: new Error("s3cret"),
    });
    const seen = await failure(guarded({ size: () => Promise.reject(thrown) }).size(never));
    expect(seen instanceof Error && seen.cause).toBeUndefined();
    expect(seen).toMatchObject({
      kind: "temporary",
      message: "acme/x: the server is tired of ***",
      hint: "wait, ***",
      retryAfterMs: 5,
      status: 429,
    });
  });

  test("a hook that hangs ends, and its signal tells it so", async () => {
    let told = false;
    const hang = (signal: AbortSignal) =>
      new Promise<never>(() =>
        signal.addEventListener("abort", () => {
          told = true;
        }),
      );
    expect(await failure(guarded({ inventory: hang }).inventory(never))).toMatchObject({
      kind: "temporary",
      timedOut: true,
      message: "acme/x: inventory took longer than 30ms",
    });
    expect(told).toBe(true);
  });

  test("a plugin that ignores a cancellation is not waited for", async () => {
    const controller = new AbortController();
    const slow = guardBackend("acme/x", backend({ size: () => new Promise(() => undefined) }), {
      ...options,
      limits: {},
    });
    const started = failure(slow.size(controller.signal));
    controller.abort(new Error("the reader left"));
    expect(await started).toMatchObject({ message: "the reader left" });
  });

  test("a call that was cancelled before it began does not begin", async () => {
    let called = false;
    const size = async () => {
      called = true;
    };
    await failure(guarded({ size }).size(AbortSignal.abort()));
    expect(called).toBe(false);
  });
});

describe("an answer that does not fit goes no further", () => {
  test.each([
    ["inventory", "nothing", () => guarded({ inventory: async () => undefined }).inventory(never)],
    [
      "inventory",
      "an unknown signal",
      () => guarded({ inventory: async () => ({ signals: ["smoke"], importance: "low" }) }).inventory(never),
    ],
    [
      "inventory",
      "times as numbers",
      () =>
        guarded({ inventory: async () => ({ signals: [], importance: "low", oldest: 5 }) }).inventory(never),
    ],
    [
      "size",
      "a negative size",
      () => guarded({ size: async () => ({ bytes: -1, source: "api" }) }).size(never),
    ],
    ["size", "NaN", () => guarded({ size: async () => ({ bytes: Number.NaN, source: "api" }) }).size(never)],
    [
      "count",
      "counts as text",
      () =>
        guarded({ count: async () => ({ entries: "5" }) }).count?.({ range: { from: 0n, to: 1n } }, never),
    ],
    ["limits", "no list", () => guarded({ limits: async () => ({}) }).limits?.(never)],
  ])("%s: %s", async (hook, _, answer) => {
    expect(await failure(Promise.resolve<unknown>(answer()))).toMatchObject({
      name: "PluginError",
      kind: "invalid",
      message: expect.stringContaining(`acme/x: ${hook} gave a wrong answer: `),
    });
  });

  test("what fits comes back as it is", async () => {
    const size = { bytes: 5, source: "disk" } as const;
    expect(await guarded({ size: async () => size }).size(never)).toBe(size);
  });

  test("an export that goes on for ever without bringing anything ends", async () => {
    const open = guardBackend(
      "acme/x",
      backend({ export: { ...backend().export, step: async () => ({ next: [{}] }) } }),
      {
        ...options,
        limits: { barrenSteps: 3 },
      },
    );
    const step = () => failure(open.export.step({}, never));
    expect([await step(), await step(), await step()]).toEqual([
      "no failure",
      "no failure",
      expect.objectContaining({
        message: "acme/x: 3 steps in a row yielded nothing, and more follow",
      }),
    ]);
  });

  test("a backend without its hooks is refused when it is opened", () => {
    expect(() => guarded({ size: undefined })).toThrow("acme/x: its backend has no size");
    expect(() => guarded({ export: { start: async () => ({}) } })).toThrow(
      "acme/x: its backend.export has no step",
    );
    expect(() => guarded({ restore: {} })).toThrow(
      "acme/x: its backend.restore has no preflight and no apply",
    );
  });
});

describe("a sink", () => {
  const event = {
    id: "1",
    seq: 1,
    timestamp: "2026-01-24T14:30:00.000Z",
    operation: "export",
    outcome: "success",
    user: "u",
    host: "h",
    project: "p",
    line: "{}",
  };
  const sink = (over: object): Sink =>
    guardSink("acme/x", { probe: async () => undefined, deliver: async () => undefined, ...over }, options);

  test("is guarded in every hook", async () => {
    const no = () => Promise.reject(new Error("no luck"));
    expect(await failure(sink({ probe: no }).probe(never))).toMatchObject({
      message: "acme/x: probe failed: Error: no luck",
    });
    expect(await failure(sink({ deliver: no }).deliver(event, never))).toMatchObject({
      message: "acme/x: deliver failed: Error: no luck",
    });
    expect(
      await failure(
        sink({ history: async () => [1] }).history?.({ project: "p", limit: 1 }, never) ?? Promise.resolve(),
      ),
    ).toMatchObject({ kind: "invalid" });
    expect(() => sink({ deliver: undefined })).toThrow("acme/x: its sink has no deliver");
  });

  test("keeps `this` and its answers", async () => {
    const own: Sink = {
      probe: async () => undefined,
      deliver: async () => undefined,
      async history({ limit }) {
        return [this === own ? "own" : "lost", String(limit)];
      },
    };
    expect(await guardSink("acme/x", own, options).history?.({ project: "p", limit: 2 }, never)).toEqual([
      "own",
      "2",
    ]);
  });
});

describe("a hook that yields", () => {
  const yielding = (read: (signal: AbortSignal) => AsyncIterable<unknown>) =>
    guardBackend(
      "acme/x",
      backend({
        export: {
          start: async () => ({ cursors: [] }),
          step: async () => ({}),
          read: (_: unknown, signal: AbortSignal) => read(signal),
        },
      }),
      { ...options, limits: { lookMs: 30, workMs: 400 } },
    ).export;

  test("is ended when nobody reads on", async () => {
    const ended = Promise.withResolvers<boolean>();
    const { read } = yielding(async function* (signal) {
      try {
        for (;;) yield {};
      } finally {
        ended.resolve(signal.aborted);
      }
    });
    for await (const _ of read?.({}, never) ?? []) break;
    expect(await ended.promise).toBe(true);
  });

  test("has for each piece the time of one call, and no more", async () => {
    const { read } = yielding(async function* () {
      for (let piece = 0; piece < 5; piece += 1) {
        await Bun.sleep(100);
        yield {};
      }
      await new Promise(() => {});
    });
    let pieces = 0;
    const all = async () => {
      for await (const _ of read?.({}, never) ?? []) pieces += 1;
    };
    await expect(all()).rejects.toMatchObject({ kind: "temporary", timedOut: true });
    expect(pieces).toBe(5);
  });

  test("that gives nothing to read is a defect", async () => {
    const { read } = yielding(() => ({}) as never);
    await expect(Array.fromAsync(read?.({}, never) ?? [])).rejects.toThrow(
      "nothing that can be read piece by piece",
    );
  });
});
