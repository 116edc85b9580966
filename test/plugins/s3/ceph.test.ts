/** What only a real server can tell: signatures, checksums and conditions by Ceph's gateway, and Amazon's own client beside ours. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import { askBoto } from "../../support/s3-processes.ts";
import { startRadosgw } from "../../support/s3-servers.ts";
import { failureOf, NEVER, objectOf, open, readAll, sample, sha256Of } from "./support.ts";

setDefaultTimeout(120_000); // two cores are shared with other test files

const ceph = await startRadosgw();
await ceph.makeBucket("shop");

const inBucket = (bucket: string, more: Readonly<Record<string, unknown>> = {}) =>
  open({ ...ceph.options, bucket, ...more }).store;

const LARGE = sample(17 << 20);
const OTHER = LARGE.map((byte) => byte ^ 1);

describe("Ceph's gateway", () => {
  const store = inBucket("shop", { prefix: "sto re/a+b" });

  test.each([
    "plain",
    "a b",
    "a+b",
    "a%2Fb",
    "a&b=c?d#e",
    "ü/é-🧨",
    "!'()*~-_.",
    '"<>^`{|}',
    "@:$,;",
    "a=b/c=",
  ])("takes the signature of a call for %s", async (name) => {
    expect(await store.write(objectOf(name, name), NEVER)).toBe("written");
    expect(String(await readAll(store, name))).toBe(name);
    expect(await store.stat(name, NEVER)).toMatchObject({ name, sha256: sha256Of(name) });
    await store.remove(name, NEVER);
    expect(await store.stat(name, NEVER)).toBeUndefined();
  });

  test.each([
    [{ secretAccessKey: "another" }, /403 SignatureDoesNotMatch/, /check `secretAccessKey`/],
    [{ accessKeyId: "nobody" }, /403 InvalidAccessKeyId/, /check `accessKeyId`/],
    [{ bucket: "nowhere" }, /404 NoSuchBucket/, /check `bucket`/],
  ])("says what is wrong with %j", async (wrong, message, hint) => {
    const { store } = open({ ...ceph.options, ...wrong });
    const failure = await failureOf(store.write(objectOf("x", "text"), NEVER));
    expect(failure.kind).toBe("refused");
    expect(failure.message).toMatch(message);
    expect(failure.hint ?? "").toMatch(hint);
    expect(`${failure.message}${failure.hint}`).not.toContain("s3cret");
  });

  test("refuses a body that was changed on the way, whatever checks it", async () => {
    let isChanging = true;
    using between = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        const body = await request.bytes();
        if (isChanging && body.length > 0) body[0] = (body[0] ?? 0) ^ 1;
        const { pathname, search } = new URL(request.url);
        const sent = request.method === "GET" ? {} : { body };
        return fetch(ceph.url + pathname + search, {
          method: request.method,
          headers: request.headers,
          ...sent,
        });
      },
    });
    for (const checksums of [true, false]) {
      const url = between.url.href.replace(/\/$/, "");
      const { store } = open({ ...ceph.options, url, checksums });
      isChanging = true;
      for (const one of [objectOf("changed", "text"), objectOf("changed", LARGE)])
        expect((await failureOf(store.write(one, NEVER))).kind).toBe("temporary");
      expect(await store.stat("changed", NEVER)).toBeUndefined();
      isChanging = false;
      expect(await store.write(objectOf(`sound-${checksums}`, "text"), NEVER)).toBe("written");
    }
  });

  test("writes an object only if it is absent, where that is asked for", async () => {
    const only = { ifAbsent: true };
    expect(await store.write(objectOf("once", "first", only), NEVER)).toBe("written");
    expect(await store.write(objectOf("once", "second", only), NEVER)).toBe("there already");
    expect(String(await readAll(store, "once"))).toBe("first");
  });

  test("writes a large object only if it is absent, though it ignores that where parts are joined", async () => {
    // This gateway lets two who write at the same instant both win, so the second ends here while the first still sends.
    const only = { ifAbsent: true };
    const hasEnded = Promise.withResolvers<void>();
    const slow = {
      ...objectOf("large-once", OTHER, only),
      async *bytes() {
        yield OTHER.subarray(0, 9 << 20);
        await hasEnded.promise;
        yield OTHER.subarray(9 << 20);
      },
    };
    const elsewhere = inBucket("shop", { prefix: "sto re/a+b" });
    const first = elsewhere.write({ ...slow, bytes: slow.bytes() }, NEVER);
    expect(await store.write(objectOf("large-once", LARGE, only), NEVER)).toBe("written");
    hasEnded.resolve();
    expect(await first).toBe("there already");
    expect(sha256Of(await readAll(store, "large-once"))).toBe(sha256Of(LARGE));
    expect(await store.write(objectOf("large-once", OTHER, only), NEVER)).toBe("there already");
  });

  test("joins parts, and gives ranges across them", async () => {
    expect(await store.write(objectOf("large", LARGE), NEVER)).toBe("written");
    const border = 8 << 20;
    const found = await readAll(store, "large", border - 10, border + 10);
    expect(Buffer.compare(found, LARGE.subarray(border - 10, border + 10))).toBe(0);
    expect(await store.stat("large", NEVER)).toMatchObject({ size: LARGE.length, sha256: sha256Of(LARGE) });
  });

  test("has nothing left of a writer that was killed, once its object is removed", async () => {
    await ceph.makeBucket("killed");
    const child = Bun.spawn(
      [process.execPath, resolve(import.meta.dir, "writer-child.ts"), ceph.url, "killed"],
      {
        env: { ...process.env, KEYS: JSON.stringify(ceph.options) },
        stdout: "pipe",
      },
    );
    for await (const _ of child.stdout) break;
    child.kill("SIGKILL");
    await child.exited;
    const uploads = async () =>
      (await (await ceph.call("GET", "/killed", { query: "uploads=" })).text()).match(/<UploadId>/g)
        ?.length ?? 0;
    const killed = inBucket("killed");
    expect(await killed.stat("large", NEVER)).toBeUndefined();
    expect(await uploads()).toBe(1);
    await killed.remove("large", NEVER);
    expect(await uploads()).toBe(0);
  });
});

test("lifecycle rules that were not put in force are told of", async () => {
  // This server answers that it has removed them, and has them still.
  await ceph.makeBucket("stubborn");
  const { lifecycle } = inBucket("stubborn");
  await lifecycle?.write([{ id: "rest", prefix: "", noncurrentAfter: 86_400_000_000_000n }], NEVER);
  expect(await failureOf(Promise.resolve(lifecycle?.write([], NEVER)))).toMatchObject({
    kind: "temporary",
    message: "the rules were written, and then the bucket had others",
  });
});

describe("Amazon's own client", () => {
  test("reads what is written here, with its checksum, and the other way round", async () => {
    await ceph.makeBucket("both");
    const store = inBucket("both");
    await store.write(objectOf("a b/ü+.json", "ours"), NEVER);
    await store.write(objectOf("large", LARGE), NEVER);
    const said = await askBoto(
      ceph,
      `import hashlib
small = s3.get_object(Bucket="both", Key="a b/ü+.json", ChecksumMode="ENABLED")
text = small["Body"].read().decode()
large = hashlib.sha256(s3.get_object(Bucket="both", Key="large", ChecksumMode="ENABLED")["Body"].read()).hexdigest()
s3.put_object(Bucket="both", Key="theirs", Body=b"theirs", ChecksumAlgorithm="SHA256")
keys = [one["Key"] for one in s3.list_objects_v2(Bucket="both")["Contents"]]
print(json.dumps({"text": text, "sum": small.get("ChecksumSHA256"), "large": large, "keys": sorted(keys)}))`,
    );
    expect(said).toEqual({
      text: "ours",
      sum: Buffer.from(sha256Of("ours"), "hex").toString("base64"),
      large: sha256Of(LARGE),
      keys: ["a b/ü+.json", "large", "theirs"],
    });
    expect(String(await readAll(store, "theirs"))).toBe("theirs");
    expect(await store.stat("theirs", NEVER)).toEqual({
      name: "theirs",
      size: 6,
      modified: expect.any(BigInt),
    });
  });
});
