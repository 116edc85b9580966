/** Objects of many parts, and objects that are written only if absent: whole or not there, and nothing is left. */
import { describe, expect, test } from "bun:test";
import { proveStore, requireOnlyIfAbsent } from "../../../src/storage/prove.ts";
import { createS3 } from "../../lab/s3/index.ts";
import { failureOf, NEVER, objectOf, open, readAll, sample, serve, sha256Of } from "./support.ts";

const LARGE = sample(17 << 20);

describe("parts", () => {
  test("are joined to the same object, with their checksums", async () => {
    const { store, lab } = serve();
    expect(await store.write(objectOf("x", LARGE, { tags: { class: "data" } }), NEVER)).toBe("written");
    expect(Buffer.compare(await readAll(store, "x"), LARGE)).toBe(0);
    expect(await store.stat("x", NEVER)).toMatchObject({ size: LARGE.length, sha256: sha256Of(LARGE) });
    const puts = lab.heard.filter(({ method }) => method === "PUT");
    expect(puts.map(({ query }) => query.get("partNumber")).sort()).toEqual(["1", "2", "3"]);
    expect(puts.every(({ headers }) => headers.has("x-amz-checksum-sha256"))).toBe(true);
    expect(lab.objects.get("x")?.headers["x-amz-tagging"]).toBe("class=data");
  });

  test.each([
    ["a part that is refused", { codes: ["PUT", [403, "AccessDenied"]] }, "refused"],
    ["an end that fails, which is said with 200", { failsAtEnd: true }, "temporary"],
  ] as const)("%s: nothing of it stays", async (_, defect, kind) => {
    const { store, lab } = serve();
    if ("codes" in defect) lab.defects.codes.set(...defect.codes);
    else Object.assign(lab.defects, defect);
    expect((await failureOf(store.write(objectOf("x", LARGE), NEVER))).kind).toBe(kind);
    expect([lab.objects.size, lab.uploads.size]).toEqual([0, 0]);
  });

  test("that break off, are too few, too many or others leave nothing", async () => {
    const { store, lab } = serve();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield LARGE.subarray(0, 9 << 20);
      throw new Error("the source broke off");
    }
    const wrong = [
      { bytes: broken() },
      { bytes: objectOf("x", LARGE.subarray(1)).bytes },
      { bytes: objectOf("x", sample(LARGE.length + 1)).bytes },
      { sha256: "0".repeat(64) },
    ];
    for (const more of wrong)
      expect(await store.write(objectOf("x", LARGE, more), NEVER).catch(() => "failed")).toBe("failed");
    expect([lab.objects.size, lab.uploads.size]).toEqual([0, 0]);
  });

  test("are ended after Ctrl-C, too", async () => {
    const { store, lab } = serve();
    const controller = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield LARGE.subarray(0, 9 << 20);
      while (lab.uploads.size === 0 || [...lab.uploads.values()][0]?.parts.size === 0) await Bun.sleep(1);
      controller.abort(new Error("stop"));
      yield LARGE.subarray(9 << 20);
    }
    const write = store.write(objectOf("x", LARGE, { bytes: slow() }), controller.signal);
    expect(await write.catch((error) => error.message)).toBe("stop");
    expect([lab.objects.size, lab.uploads.size]).toEqual([0, 0]);
  });

  test("that fail for a moment are sent again alone, when the service asks for it", async () => {
    const { store, lab, faults } = serve();
    faults.add({ kind: "status", status: 503, retryAfter: 0, path: "partNumber=2", times: 2 });
    expect(await store.write(objectOf("x", LARGE), NEVER)).toBe("written");
    expect(faults.struck).toBe(2);
    expect(lab.heard.filter(({ query }) => query.has("uploads"))).toHaveLength(1);
    const puts = lab.heard.filter(({ method }) => method === "PUT");
    expect(puts.map(({ query }) => query.get("partNumber")).sort()).toEqual(["1", "2", "3"]);
    expect(sha256Of(await readAll(store, "x"))).toBe(sha256Of(LARGE));
  });

  test.each([
    ["asks for more time than a busy one", { status: 503, retryAfter: 3_600 }, "temporary", 1],
    ["refuses", { status: 403 }, "refused", 1],
    ["does not stop failing", { status: 500, retryAfter: 0 }, "temporary", 5],
  ] as const)("are not sent again to a service that %s", async (_, fault, kind, calls) => {
    const { store, lab, faults } = serve();
    faults.add({ kind: "status", path: "partNumber=3", ...fault });
    expect((await failureOf(store.write(objectOf("x", LARGE), NEVER))).kind).toBe(kind);
    expect(faults.struck).toBe(calls);
    expect([lab.objects.size, lab.uploads.size]).toEqual([0, 0]);
  });

  test("may be put where they are sent from, as much at once as comes", async () => {
    const { store } = serve();
    let isLent = false;
    async function* lent(): AsyncGenerator<Uint8Array, void, Uint8Array | undefined> {
      let room: Uint8Array | undefined;
      for (let at = 0; at < LARGE.length; ) {
        const piece = LARGE.slice(at, at + Math.min(room?.length ?? 1, 3_000_007));
        room?.set(piece);
        isLent ||= room !== undefined;
        at += piece.length;
        room = yield room?.subarray(0, piece.length) ?? piece;
      }
    }
    expect(await store.write(objectOf("x", LARGE, { bytes: lent() }), NEVER)).toBe("written");
    expect([isLent, sha256Of(await readAll(store, "x"))]).toEqual([true, sha256Of(LARGE)]);
  });

  test("are on their way several at once, of all objects together no more than three", async () => {
    const lab = createS3();
    const together = Promise.withResolvers<void>();
    const counts = { now: 0, most: 0 };
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        if (!request.url.includes("partNumber")) return lab.handle(request);
        counts.now += 1;
        counts.most = Math.max(counts.most, counts.now);
        if (counts.now === 3) together.resolve();
        await together.promise;
        const answer = await lab.handle(request);
        counts.now -= 1;
        return answer;
      },
    });
    const { store } = open({ url: server.url.href.replace(/\/$/, "") });
    await Promise.all(["x", "y", "z"].map((name) => store.write(objectOf(name, LARGE), NEVER)));
    expect(counts.most).toBe(3);
    for (const name of ["x", "y", "z"]) expect(sha256Of(await readAll(store, name))).toBe(sha256Of(LARGE));
  });

  test("that cannot be removed are told of", async () => {
    const { store, lab, logged } = serve();
    lab.defects.failsAtEnd = true;
    lab.defects.codes.set("DELETE", [403, "AccessDenied"]);
    expect((await failureOf(store.write(objectOf("x", LARGE), NEVER))).kind).toBe("temporary");
    expect(logged.join("\n")).toMatch(/^warn: s3: parts of x could not be removed, and stay: DELETE shop\/x/);
  });

  test("that a killed process has left go with their object", async () => {
    const { store, lab } = serve();
    for (const key of ["x", "xy"]) lab.uploads.set(key, { key, headers: {}, parts: new Map() });
    await store.remove("x", NEVER);
    expect([...lab.uploads.keys()]).toEqual(["xy"]);
  });
});

describe("only if absent", () => {
  test("a store that ignores it is found, and refused", async () => {
    const { store, lab } = serve();
    expect(await proveStore(store, NEVER)).toBeUndefined();
    await requireOnlyIfAbsent(store, NEVER);
    lab.defects.ignoresConditions = true;
    expect((await proveStore(store, NEVER))?.what).toBe("only if absent");
    expect((await failureOf(requireOnlyIfAbsent(store, NEVER))).kind).toBe("refused");
    expect(lab.objects.size).toBe(0);
  });

  test("in parts: exactly one", async () => {
    const only = { ifAbsent: true };
    const { store, lab } = serve();
    const said = await Promise.all([1, 2, 3].map(() => store.write(objectOf("x", LARGE, only), NEVER)));
    expect(said.filter((one) => one === "written")).toHaveLength(1);
    expect(await store.write(objectOf("x", LARGE, only), NEVER)).toBe("there already");
    expect([[...lab.objects.keys()], lab.uploads.size]).toEqual([["x"], 0]);
  });

  test("in parts: what the service does with that is found out while they are sent", async () => {
    const lab = createS3();
    const sent = Promise.withResolvers<void>();
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        if (request.url.includes("/x?partNumber")) sent.resolve();
        if (request.url.includes("probe")) await sent.promise;
        return lab.handle(request);
      },
    });
    const { store } = open({ url: server.url.href.replace(/\/$/, "") });
    expect(await store.write(objectOf("x", LARGE, { ifAbsent: true }), NEVER)).toBe("written");
    expect([...lab.objects.keys()]).toEqual(["x"]);
  });

  test("in parts: nothing is written where the service does not let that be found out", async () => {
    const { store, lab, faults } = serve();
    faults.add({ kind: "status", status: 403, path: "probe" });
    const failure = await failureOf(store.write(objectOf("x", LARGE, { ifAbsent: true }), NEVER));
    expect([failure.kind, lab.objects.size, lab.uploads.size]).toEqual(["refused", 0, 0]);
  });

  test("in parts, where the end of an upload ignores it: exactly one all the same, and no ticket stays", async () => {
    const { store, lab } = serve();
    lab.defects.ignoresConditionsAtEnd = true;
    const writers = Array.from({ length: 6 }, (_, at) =>
      objectOf(
        "x",
        LARGE.map((byte) => byte ^ at),
        { ifAbsent: true },
      ),
    );
    const said = await Promise.all(
      writers.map((one) => store.write(one, NEVER).catch(({ kind, message }) => `${kind}: ${message}`)),
    );
    expect(said.filter((one) => one === "written")).toHaveLength(1);
    const others = said.filter((one) => one !== "written" && one !== "there already");
    expect(new Set(others).size).toBeLessThan(2);
    for (const one of others) expect(one).toBe("temporary: somebody else is writing x at this moment");
    const winner = writers[said.indexOf("written")];
    expect((await store.stat("x", NEVER))?.sha256).toBe(winner?.sha256 ?? "");
    expect(sha256Of(await readAll(store, "x"))).toBe(winner?.sha256 ?? "");
    expect([[...lab.objects.keys()], lab.uploads.size]).toEqual([["x"], 0]);
  });

  test("in parts: the ticket of one who was killed is in the way for ten minutes, and goes with the object", async () => {
    const now = Date.now();
    const { store, lab } = serve({ now: () => new Date(now) });
    lab.defects.ignoresConditionsAtEnd = true;
    const only = () => objectOf("x", LARGE, { ifAbsent: true });
    await store.write(objectOf("other", "text"), NEVER);
    const [object] = lab.objects.values();
    if (object === undefined) throw new Error("it was not written");
    const ticket = `ticket\\${sha256Of("x")}`;
    lab.objects.set(ticket, { ...object, modified: new Date(now) });
    expect((await failureOf(store.write(only(), NEVER))).kind).toBe("temporary");
    expect(lab.objects.has(ticket)).toBe(true);
    expect((await Array.fromAsync(store.list("", NEVER))).map(({ name }) => name)).toEqual(["other"]);

    lab.objects.set(ticket, { ...object, modified: new Date(now - 11 * 60_000) });
    expect((await failureOf(store.write(only(), NEVER))).kind).toBe("temporary");
    expect(await store.write(only(), NEVER)).toBe("written");
    lab.objects.set(ticket, { ...object, modified: new Date(now) });
    await store.remove("x", NEVER);
    expect([...lab.objects.keys()]).toEqual(["other"]);
  });
});
