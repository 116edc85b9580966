/** A service that is busy, cuts or lies: how that is classified. */
import { describe, expect, test } from "bun:test";
import { failureOf, linesOf, NEVER, objectOf, open, readAll, sample, serve } from "./support.ts";

describe("a service that is busy", () => {
  test.each([503, 429])("%i is temporary, with the time that it asks for", async (status) => {
    const { store, faults } = serve();
    faults.add({ kind: "status", status, retryAfter: 7, times: 1 });
    expect(await failureOf(store.write(objectOf("x", "text"), NEVER))).toMatchObject({
      kind: "temporary",
      retryAfterMs: 7_000,
      status,
    });
    expect(await store.write(objectOf("x", "text"), NEVER)).toBe("written");
  });

  test("409 while somebody else writes the same: nobody can say yet, or it is there", async () => {
    const { store, lab } = serve();
    lab.defects.conflicts = 1;
    const only = { ifAbsent: true };
    expect((await failureOf(store.write(objectOf("x", "mine", only), NEVER))).kind).toBe("temporary");
    expect(await store.write(objectOf("x", "theirs", only), NEVER)).toBe("written");
    lab.defects.conflicts = 1;
    expect(await store.write(objectOf("x", "mine", only), NEVER)).toBe("there already");
    expect(String(await readAll(store, "x"))).toBe("theirs");
  });

  test("of a hundred who write one object, one does it", async () => {
    const { store } = serve();
    const all = Array.from({ length: 100 }, (_, at) => objectOf("x", `${at}`, { ifAbsent: true }));
    const said = await Promise.all(all.map((one) => store.write(one, NEVER)));
    expect(said.filter((one) => one === "written")).toHaveLength(1);
    expect(String(await readAll(store, "x"))).toBe(String(said.indexOf("written")));
  });
});

describe("what comes is cut, or slow", () => {
  test("a body that is cut is temporary", async () => {
    const { store, faults } = serve();
    await store.write(objectOf("x", sample(100_000)), NEVER);
    for (const range of [undefined, { from: 10, to: 90_000 }]) {
      const remove = faults.add({ kind: "cut", path: "x" });
      const failure = await failureOf(Array.fromAsync(store.read("x", range, NEVER)));
      expect(failure.kind).toBe("temporary");
      remove();
    }
  });

  test("half a range that ends as if it were whole is temporary", async () => {
    const { store, faults } = serve();
    await store.write(objectOf("x", sample(100_000)), NEVER);
    faults.add({ kind: "half", path: "x" });
    expect(await linesOf(readAll(store, "x", 0, 90_000))).toMatchObject({
      kind: "temporary",
      message: "of x came 45000 bytes instead of 90000",
    });
  });

  test("a service that gives other bytes than were asked for is not believed", async () => {
    const { store, lab } = serve();
    await store.write(objectOf("x", sample(1_000)), NEVER);
    lab.defects.ignoresRanges = true;
    expect((await failureOf(readAll(store, "x", 10, 20))).kind).toBe("invalid");
    expect((await failureOf(store.stat("x", NEVER))).kind).toBe("invalid");
  });

  test("one that hangs is given up after the time limit", async () => {
    const { faults, url } = serve();
    const { store } = open({ url });
    faults.add({ kind: "hang" });
    const late = AbortSignal.timeout(200);
    const error = await store.stat("x", late).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBe(late.reason);
  });
});
