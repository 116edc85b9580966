/** The contract between two processes: values, errors, signals, logs. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { lineRecords } from "../../../src/contract/contract.ts";
import { backendSource, failure, NEVER, never, openSource } from "./border.ts";

// Each starts processes, on machines that do other things too.
setDefaultTimeout(30_000);

describe("what crosses the border is what it was", () => {
  test("times, bytes, texts and counts of a step, and the request that it answers", async () => {
    const from = 1_769_000_000_000_000_001n;
    using place = await openSource(
      backendSource(`export: {
        start: async ({ range, match }) => ({ cursors: [{ from: String(range.from + 1n), match }], exportedUntil: range.to }),
        step: async (cursor) => ({
          records: [
            { file: "acme/x/a.jsonl", text: JSON.stringify(cursor) + "\\n", lines: 1, from: BigInt(cursor.from), to: 5n ** 25n, counts: { n: 1 } },
            { file: "acme/x/b.jsonl", text: new Uint8Array([49, 10]), lines: 1, from: 0n, to: 1n, counts: {} },
          ],
          objects: [{ path: "acme/x/o.json", text: "é🧨".repeat(5_000), unit: "things" }],
        }),
      }`),
    );
    const { export: exporter } = place.backend ?? never();
    const start = await exporter.start({ range: { from, to: from + 5n }, match: '{a="é"}' }, NEVER);
    expect(start).toEqual({
      cursors: [{ from: `${from + 1n}`, match: '{a="é"}' }],
      exportedUntil: from + 5n,
    });
    const step = await exporter.step(start.cursors[0] ?? {}, NEVER);
    expect(step.records).toEqual([
      expect.objectContaining({ from: from + 1n, to: 5n ** 25n, counts: { n: 1 } }),
      expect.objectContaining({ text: new Uint8Array([49, 10]), from: 0n }),
    ]);
    expect(Buffer.from(lineRecords(step)[0]?.text ?? "").toString()).toBe(
      `{"from":"${from + 1n}","match":"{a=\\"é\\"}"}\n`,
    );
    expect(step.objects).toEqual([{ path: "acme/x/o.json", text: "é🧨".repeat(5_000), unit: "things" }]);
  });

  test("a step that comes in pieces, which ends there when it is not read to its end here", async () => {
    using place = await openSource(
      backendSource(`export: {
        start: async () => ({ cursors: [] }),
        step: async () => ({}),
        async *read({ n }, signal) {
          try {
            for (let at = 0; at < n; at += 1) {
              const bytes = new Uint8Array([at, 0, 10]);
              yield { records: [{ kind: "bytes", file: "acme/x/a.bin", bytes }], notes: { n: "é" } };
            }
            if (n === 3) throw new PluginError("invalid", "acme/x: it is no dump", { hint: "another" });
          } finally {
            context.log.warn("ended " + n + " " + signal.aborted);
          }
        },
      }`),
    );
    const { read } = place.backend?.export ?? {};
    const pieces = await Array.fromAsync(read?.({ n: 2 }, NEVER) ?? []);
    expect(pieces).toEqual(
      [0, 1].map((at) => ({
        records: [{ kind: "bytes", file: "acme/x/a.bin", bytes: new Uint8Array([at, 0, 10]) }],
        notes: { n: "é" },
      })),
    );
    expect(await failure(Array.fromAsync(read?.({ n: 3 }, NEVER) ?? []))).toMatchObject({
      kind: "invalid",
      message: "acme/x: it is no dump",
      hint: "another",
    });
    for await (const _ of read?.({ n: 1_000_000 }, NEVER) ?? []) break;
    while (place.log.length < 3) await Bun.sleep(5);
    expect(place.log).toEqual([
      "warn: acme/x: ended 2 false",
      "warn: acme/x: ended 3 false",
      "warn: acme/x: ended 1000000 true",
    ]);
  });

  test("a file of bytes that is put back, piece by piece", async () => {
    using place = await openSource(
      backendSource(`restore: {
        preflight: async () => [],
        apply: async () => ({ written: {} }),
        applyBytes: async ({ file, size }, bytes) => {
          const hash = new Bun.CryptoHasher("sha256");
          let found = 0;
          for await (const piece of bytes) { hash.update(piece); found += piece.length; }
          return { written: { [file + " " + hash.digest("hex")]: found === size ? 1 : 0 } };
        },
      }`),
    );
    const runs = [new Uint8Array(3_000_000).fill(7), new Uint8Array(0), new Uint8Array([1, 2])];
    async function* all() {
      yield* runs;
    }
    const whole = new Bun.CryptoHasher("sha256").update(Buffer.concat(runs)).digest("hex");
    const asked = { file: "acme/x/é.bin", size: 3_000_002, counts: {} };
    expect(await place.backend?.restore?.applyBytes?.(asked, all(), NEVER)).toEqual({
      written: { [`acme/x/é.bin ${whole}`]: 1 },
    });
    async function* broken() {
      yield runs[2] ?? new Uint8Array(0);
      throw new Error("the disk is gone");
    }
    await expect(place.backend?.restore?.applyBytes?.(asked, broken(), NEVER)).rejects.toThrow(
      "the disk is gone",
    );
  });

  test("what is found of a person, and what became of it", async () => {
    using place = await openSource(
      backendSource(`
        async *find({ id, where, range }) {
          for (const n of [1, 2]) yield { unit: "rows", count: n, where, range, reference: { n, at: "2026", list: [id, null] } };
        },
        erase: async ({ id, found }) => ({
          outcomes: found.map(({ count, reference }) =>
            reference.n === 1 ? { state: "erased", count } : { state: "owed", count, reason: "later", due: 5n ** 25n }),
        }),`),
    );
    const { backend = never() } = place;
    const range = { from: 1n, to: 5n ** 25n };
    const request = { id: "ada@example.org", where: "orders.{id}", range };
    const found = await Array.fromAsync(backend.find?.(request, NEVER) ?? []);
    expect(found[1]).toEqual({
      unit: "rows",
      count: 2,
      where: "orders.{id}",
      range,
      reference: { n: 2, at: "2026", list: ["ada@example.org", null] },
    });
    expect(await backend.erase?.({ id: request.id, found }, NEVER)).toEqual({
      outcomes: [
        { state: "erased", count: 1 },
        { state: "owed", count: 2, reason: "later", due: 5n ** 25n },
      ],
    });
  });

  test("what is found that does not fit is the plugin's defect, and a backend that erases has to find", async () => {
    using place = await openSource(
      backendSource('async *find() { yield { unit: "rows", count: -1, where: "x", reference: 1 }; },'),
    );
    const finding = Array.fromAsync(place.backend?.find?.({ id: "x", where: "x" }, NEVER) ?? []);
    expect((await failure(finding)).message).toMatch(
      /^acme\/x: find gave something that does not fit: `count`/,
    );
    using blind = await openSource(backendSource("erase: async () => ({ outcomes: [] }),"));
    expect(blind.failures[0]?.error.message).toContain("its backend has no find");
  });

  test("a cursor that is split, and its name where it cannot be", async () => {
    using place = await openSource(
      backendSource(`export: {
        start: async () => ({ cursors: [] }),
        step: async () => ({}),
        split: async ({ n }) => n > 1 ? { cursors: [{ n: 1 }, { n: n - 1 }] } : { items: ["é " + n] },
      }`),
    );
    const { split } = place.backend?.export ?? {};
    expect(await split?.({ n: 3 }, NEVER)).toEqual({ cursors: [{ n: 1 }, { n: 2 }] });
    expect(await split?.({ n: 1 }, NEVER)).toEqual({ items: ["é 1"] });
  });

  test("whether a selector makes sense", async () => {
    using place = await openSource(
      backendSource(`export: {
        heeds: ["match"],
        checkMatch: async (match) => { if (match === "(") throw new PluginError("invalid", "it is no selector"); },
        start: async () => ({ cursors: [] }), step: async () => ({}),
      },`),
    );
    const { checkMatch = never() } = place.backend?.export ?? {};
    expect(await checkMatch("a", NEVER)).toBeUndefined();
    expect(await failure(checkMatch("(", NEVER))).toMatchObject({
      kind: "invalid",
      message: "acme/x: it is no selector",
    });
  });

  test("a classified error, whole; any other by its name; what is no error", async () => {
    using place = await openSource(
      backendSource(`
        inventory: async () => { throw new PluginError("too-large", "acme/x: too much", { hint: "ask for less", retryAfterMs: 1500, status: 413, timedOut: true, absent: true }); },
        size: async () => { throw new TypeError("no luck"); },
        count: async () => { throw 5; },`),
    );
    const { backend = never() } = place;
    expect(await failure(backend.inventory(NEVER))).toMatchObject({
      kind: "too-large",
      message: "acme/x: too much",
      hint: "ask for less",
      retryAfterMs: 1500,
      status: 413,
      timedOut: true,
      absent: true,
    });
    expect((await failure(backend.size(NEVER))).message).toBe("acme/x: size failed: TypeError: no luck");
    const range = { from: 0n, to: 1n };
    expect((await failure(backend.count?.({ range }, NEVER))).message).toBe("acme/x: count failed: 5");
  });

  test("a cancellation, with its reason", async () => {
    using place = await openSource(
      backendSource(`inventory: (signal) => new Promise((_, reject) => {
        context.log.warn("waiting");
        signal.addEventListener("abort", () => { context.log.warn("it was " + signal.reason.message); reject(signal.reason); });
      }),`),
    );
    const controller = new AbortController();
    const asked = failure(place.backend?.inventory(controller.signal)).catch((error) => error);
    while (!place.log.some((line) => line.includes("waiting"))) await Bun.sleep(5);
    controller.abort(new Error("the reader left"));
    expect(await asked).toMatchObject({ message: "the reader left" });
    expect(place.log).toContain("warn: acme/x: it was the reader left");
  });

  test("a log, and what is printed, and nothing in them that a terminal would obey", async () => {
    using place = await openSource(
      backendSource(`inventory: async () => {
        context.log.warn("one\\u001b[2J\\ntwo"); console.log("three\\u001b]0;x\\u0007"); await Bun.sleep(50);
        for (let n = 0; n < 50_000; n += 1) context.log.warn("flood " + n);
        return { signals: ["logs"], importance: "low" };
      },`),
    );
    await place.backend?.inventory(NEVER);
    expect(place.log).toContain("warn: acme/x: one\\u001b[2J");
    expect(place.log).toContain("warn: acme/x: two");
    expect(place.log).toContain("warn: acme/x printed: three\\u001b]0;x\\u0007");
    expect(place.log.length).toBeLessThan(11_000);
  });

  test("a log that is long is cut with a mark, and all of it together has a bound", async () => {
    using place = await openSource(
      backendSource(`inventory: async () => {
        for (let n = 0; n < 1_000; n += 1) context.log.warn("x".repeat(1 << 20));
        return { signals: ["logs"], importance: "low" };
      },`),
    );
    await place.backend?.inventory(NEVER);
    expect(place.log[0]).toMatch(/^warn: acme\/x: x{16000,} … \(cut\)$/);
    expect(place.log.join("").length).toBeLessThan(5 << 20);
  });

  test("the server's clock, and how much a step should bring", async () => {
    using place = await openSource(
      backendSource(
        `size: async () => ({ bytes: context.limits.stepBytes, source: "estimate", how: String(context.clock()) }),`,
      ),
      { clock: () => 5_000_000_000n, stepBytes: 1234 },
    );
    const size = await place.backend?.size(NEVER);
    expect(size?.bytes).toBe(1234);
    const passed = BigInt(size?.how ?? 0) - 5_000_000_000n;
    expect(passed >= 0n && passed < 60_000_000_000n).toBe(true);
  });
});
