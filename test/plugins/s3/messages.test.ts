/** What is wrong with a bucket, its service or its credentials is said, with what to change. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { failureOf, linesOf, NEVER, objectOf, open, readAll, sample, serve } from "./support.ts";

const LARGE = sample(17 << 20);

describe("it says what to change", () => {
  test("for another region", async () => {
    const { store } = serve({ region: "eu-central-1" });
    for (const work of [
      () => store.stat("x", NEVER),
      () => store.write(objectOf("x", "text"), NEVER),
      () => readAll(store, "x"),
    ])
      expect(await linesOf(work())).toMatchObject({
        kind: "refused",
        message: expect.stringMatching(
          /was refused: the bucket is in the region eu-central-1, not us-east-1$/,
        ),
        hint: "Set `region: eu-central-1`, and `url` if it names a region, too.",
      });
  });

  test("for a redirect, which is not followed", async () => {
    const elsewhere: string[] = [];
    using other = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        elsewhere.push(request.url);
        return new Response();
      },
    });
    for (const status of [301, 307]) {
      using server = Bun.serve({
        hostname: "127.0.0.1",
        port: 0,
        fetch: () => new Response(null, { status, headers: { location: `${other.url}shop/x` } }),
      });
      const { store } = open({ url: server.url.href.replace(/\/$/, "") });
      expect(await linesOf(store.write(objectOf("x", "text"), NEVER))).toEqual({
        kind: "refused",
        message: `PUT shop/x was sent on to ${other.url}shop/x, which is not followed`,
        hint: "Credentials go to `url` only: set it, and `region`, to where the bucket is.",
      });
    }
    expect(elsewhere).toEqual([]);
  });

  test("for a clock that is off, with both times; the next call is made by the server's clock", async () => {
    const ahead = 3 * 3_600_000;
    const { store } = serve({ now: () => new Date(Date.now() + ahead) });
    const { kind, message, hint } = await failureOf(store.stat("x", NEVER));
    const [, theirs = "", ours = ""] = /its clock says (\S+), and ours (\S+)$/.exec(message) ?? [];
    expect(Math.round((Date.parse(theirs) - Date.parse(ours)) / 3_600_000)).toBe(3);
    expect([kind, hint]).toEqual([
      "temporary",
      "Synchronize this machine's clock (chrony, systemd-timesyncd).",
    ]);
    expect(await store.stat("x", NEVER)).toBeUndefined();
  });

  test("for a bucket that is missing, also where only an object was asked about", async () => {
    const { url } = serve();
    const { store } = open({ url, bucket: "other" });
    for (const work of [
      () => store.stat("x", NEVER),
      () => readAll(store, "x"),
      () => store.remove("x", NEVER),
      () => store.write(objectOf("x", "text"), NEVER),
      () => Array.fromAsync(store.list("", NEVER)),
    ])
      expect(await linesOf(work())).toMatchObject({
        kind: "refused",
        message: expect.stringContaining("404 NoSuchBucket"),
        hint: "Create it, since contextcore makes no buckets; or check `bucket`, `url` and `region`.",
      });
  });

  test("for a bucket that may only be read", async () => {
    const { store, lab } = serve();
    lab.defects.codes.set("PUT", [403, "AccessDenied"]);
    expect(await linesOf(store.write(objectOf("x", "text"), NEVER))).toMatchObject({
      kind: "refused",
      hint: "The credentials are known and may not do this: see what they need in docs/stores.md.",
    });
  });

  test("for a service that does not know checksum headers", async () => {
    const { store, lab, url } = serve();
    lab.defects.refusesChecksums = true;
    expect(await linesOf(store.write(objectOf("x", "text"), NEVER))).toMatchObject({
      kind: "refused",
      hint: "If the service does not know checksum headers, set `checksums: false`; one without conditions is no place.",
    });
    const { store: without } = open({ url, checksums: false });
    expect(await without.write(objectOf("x", "text"), NEVER)).toBe("written");
    expect(await without.write(objectOf("y", LARGE), NEVER)).toBe("written");
    const [put] = lab.heard.filter(({ method, path }) => method === "PUT" && path === "/shop/x").slice(-1);
    expect([...(put?.headers.keys() ?? [])].filter((name) => /checksum|md5/.test(name))).toEqual([
      "content-md5",
    ]);
  });

  test("and never a session token that the server repeats", async () => {
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ headers }) =>
        new Response(
          `<Error><Code>InvalidToken</Code><Message>no: ${headers.get("x-amz-security-token")}</Message></Error>`,
          { status: 400 },
        ),
    });
    const keysFile = join(
      temporaryDirectory({
        keys: "[default]\naws_access_key_id=a\naws_secret_access_key=s\naws_session_token=s3cret-token\n",
      }),
      "keys",
    );
    const { store } = open({ url: server.url.href.replace(/\/$/, ""), keysFile });
    expect(await linesOf(store.stat("x", NEVER))).toEqual({
      kind: "refused",
      message: "GET shop/x was answered with 400 InvalidToken: no: ***",
      hint: "The session token is not that of the access key: check `sessionToken`.",
    });
  });

  test("for an object in cold storage, with the very command", async () => {
    const { lab, url } = serve();
    const { store } = open({ url, prefix: "it's/here" });
    await store.write(objectOf("x", "text"), NEVER);
    const object = lab.objects.get("it's/here/x");
    if (object === undefined) throw new Error("it was not written");
    object.storageClass = "GLACIER";
    expect(await store.stat("x", NEVER)).toMatchObject({ name: "x", size: 4, isCold: true });
    expect(await Array.fromAsync(store.list("", NEVER))).toMatchObject([{ name: "x", isCold: true }]);
    const { kind, message, hint = "" } = await failureOf(readAll(store, "x"));
    expect([kind, message]).toEqual([
      "refused",
      "x is in cold storage, and must be retrieved before it can be read",
    ]);
    const [, command = ""] = /^Run: (.*)\. That takes 3 to 5 hours/.exec(hint) ?? [];
    const words = Bun.spawnSync(["sh", "-c", `printf '%s\\n' ${command}`])
      .stdout.toString()
      .trim()
      .split("\n");
    expect(words).toEqual([
      ...[
        "aws",
        "s3api",
        "restore-object",
        "--endpoint-url",
        url,
        "--region",
        "us-east-1",
        "--bucket",
        "shop",
      ],
      ...["--key", "it's/here/x", "--restore-request", "Days=7,GlacierJobParameters={Tier=Standard}"],
    ]);
    object.isRetrieved = true;
    expect(await Array.fromAsync(store.list("", NEVER))).toEqual([
      expect.not.objectContaining({ isCold: true }),
    ]);
    expect(String(await readAll(store, "x"))).toBe("text");
  });
});

test("an object that was only marked as deleted is not said to be removed", async () => {
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ method }) =>
      method === "DELETE"
        ? new Response(null, { status: 204, headers: { "x-amz-delete-marker": "true" } })
        : new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }),
  });
  const { store } = open({ url: server.url.href.replace(/\/$/, "") });
  expect(await linesOf(store.remove("x", NEVER))).toEqual({
    kind: "refused",
    message: "x was only marked as deleted: the bucket keeps its versions",
    hint: "Allow these credentials s3:ListBucketVersions and s3:DeleteObjectVersion.",
  });
});
