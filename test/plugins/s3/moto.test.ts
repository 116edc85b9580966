/** Versions, locks and lifecycle rules, as moto has them. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startMoto } from "../../support/s3-servers.ts";
import { failureOf, NEVER, objectOf, open, readAll } from "./support.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const moto = await startMoto();

const inBucket = (bucket: string, more: Readonly<Record<string, unknown>> = {}) =>
  open({ ...moto.options, bucket, ...more }).store;

describe("a bucket with versions", async () => {
  await moto.makeBucket("versions");
  const status = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`;
  await moto.call("PUT", "/versions", { query: "versioning=", body: status });
  const store = inBucket("versions");
  const left = async () =>
    (await (await moto.call("GET", "/versions", { query: "versions=" })).text()).match(/<VersionId>/g)
      ?.length ?? 0;

  test("has none of them left, nor a mark, once an object is removed", async () => {
    for (const text of ["one", "two", "three"]) await store.write(objectOf("x", text), NEVER);
    await store.write(objectOf("xy", "another"), NEVER);
    await moto.call("DELETE", "/versions/x");
    expect(await left()).toBe(5);
    expect(await store.stat("x", NEVER)).toBeUndefined();
    await store.remove("x", NEVER);
    expect(await left()).toBe(1);
    expect(await Array.fromAsync(store.list("", NEVER))).toMatchObject([{ name: "xy" }]);
  });
});

describe("a bucket with object lock", async () => {
  await moto.makeBucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
  const store = inBucket("locked", { lock: "governance" });
  const inAnHour = BigInt(Date.now() + 3_600_000) * 1_000_000n;
  const day = 86_400n * 1_000_000_000n;

  test("keeps an object from being removed and replaced until its time, which is said", async () => {
    await store.write(objectOf("x", "kept", { retainUntil: inAnHour }), NEVER);
    const { retainedUntil = 0n } = (await store.stat("x", NEVER)) ?? {};
    expect(retainedUntil).toBeGreaterThanOrEqual(inAnHour);
    expect(retainedUntil - inAnHour).toBeLessThan(2_000_000_000n);
    const until = new Date(Number(retainedUntil / 1_000_000n)).toISOString().replace(".000", "");
    for (const work of [
      () => store.remove("x", NEVER),
      () => store.write(objectOf("x", "replaced"), NEVER),
    ]) {
      const failure = await failureOf(work());
      expect([failure.kind, failure.message]).toEqual([
        "refused",
        expect.stringContaining(`x is locked until ${until}`),
      ]);
    }
    expect(await store.write(objectOf("x", "replaced", { ifAbsent: true }), NEVER)).toBe("there already");
    expect(String(await readAll(store, "x"))).toBe("kept");
  });

  test("locks for longer, and never for less", async () => {
    await store.write(objectOf("y", "kept"), NEVER);
    await store.retainUntil?.("y", inAnHour, NEVER);
    await store.retainUntil?.("y", inAnHour + day, NEVER);
    const failure = await failureOf(Promise.resolve(store.retainUntil?.("y", inAnHour, NEVER)));
    expect([failure.kind, failure.message]).toEqual([
      "refused",
      expect.stringMatching(/^y is locked until \S+, and no lock is shortened$/),
    ]);
    expect((await store.stat("y", NEVER))?.retainedUntil).toBeGreaterThanOrEqual(inAnHour + day);
  });

  test("removes what was locked, once the time has come", async () => {
    await store.write(objectOf("z", "one"), NEVER);
    await store.retainUntil?.("z", BigInt(Date.now() + 1_000) * 1_000_000n, NEVER);
    expect((await failureOf(store.remove("z", NEVER))).kind).toBe("refused");
    const isRemoved = () =>
      store.remove("z", NEVER).then(
        () => true,
        () => false,
      );
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && !(await isRemoved()); )
      await Bun.sleep(100);
    expect(await store.stat("z", NEVER)).toBeUndefined();
  });

  test("is a capability of the store only where `lock` is set", async () => {
    const without = inBucket("locked");
    expect(without.retainUntil).toBeUndefined();
    const locked = objectOf("w", "text", { retainUntil: inAnHour });
    expect((await failureOf(without.write(locked, NEVER))).kind).toBe("invalid");
  });

  test("and one without says so", async () => {
    await moto.makeBucket("unlocked");
    const failure = await failureOf(
      inBucket("unlocked", { lock: "compliance" }).write(
        objectOf("x", "text", { retainUntil: inAnHour }),
        NEVER,
      ),
    );
    expect([failure.kind, failure.hint ?? ""]).toEqual([
      "refused",
      "A bucket can lock objects only if it was made so: make another one, or leave out `lock`.",
    ]);
  });
});

describe("lifecycle rules", async () => {
  const day = 86_400n * 1_000_000_000n;
  const rules = [
    {
      id: "data",
      prefix: "",
      tags: { class: "data & <more>" },
      transitions: [
        { after: 30n * day, storageClass: "STANDARD_IA" },
        { after: 90n * day, storageClass: "GLACIER" },
      ],
    },
    { id: "rest", prefix: "2026", abandonedUploadsAfter: 2n * day, noncurrentAfter: day },
  ];
  const raw = async (bucket: string) =>
    (await (await moto.call("GET", `/${bucket}`, { query: "lifecycle=" })).text()).replace(
      /^<\?.*\?>\s*/,
      "",
    );
  const ofOthers =
    "<Rule><ID>theirs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Disabled</Status><Expiration><Days>7</Days></Expiration></Rule>";

  test("are written, read, replaced and removed", async () => {
    await moto.makeBucket("rules");
    const { lifecycle } = inBucket("rules", { prefix: "shop" });
    expect(await lifecycle?.read(NEVER)).toEqual([]);
    await lifecycle?.write(rules, NEVER);
    expect(await lifecycle?.read(NEVER)).toEqual(rules);
    expect(await raw("rules")).toContain("<Prefix>shop/2026</Prefix>");
    await lifecycle?.write(rules.slice(1), NEVER);
    expect(await lifecycle?.read(NEVER)).toEqual(rules.slice(1));
    await lifecycle?.write([], NEVER);
    expect(await raw("rules")).toContain("NoSuchLifecycleConfiguration");
  });

  test("of others, and of another store in the same bucket, stay as they are", async () => {
    await moto.makeBucket("shared");
    const body = `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${ofOthers}</LifecycleConfiguration>`;
    expect((await moto.call("PUT", "/shared", { query: "lifecycle=", body })).status).toBe(200);
    const before = /<Rule>[\s\S]*<\/Rule>/.exec(await raw("shared"))?.[0] ?? "";
    const [one, other] = ["one", "other"].map((prefix) => inBucket("shared", { prefix }).lifecycle);
    await one?.write(rules, NEVER);
    await other?.write(rules.slice(0, 1), NEVER);
    expect([await one?.read(NEVER), await other?.read(NEVER)]).toEqual([rules, rules.slice(0, 1)]);
    await one?.write([], NEVER);
    expect([await one?.read(NEVER), await other?.read(NEVER)]).toEqual([[], rules.slice(0, 1)]);
    await other?.write([], NEVER);
    expect(before).toContain("<ID>theirs</ID>");
    expect(await raw("shared")).toContain(before);
  });
});
