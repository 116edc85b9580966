/** Whose keys sign, and where a bucket is: from options, from the environment, from a file. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import s3 from "../../../plugins/s3/index.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { resolveOptions } from "../../../src/config/resolve-options.ts";
import { createTestContext } from "../../../src/conformance/testing.ts";
import { openPlugins } from "../../../src/host/host.ts";
import { BUILT_INS } from "../../../src/registry.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { failureOf, NEVER, objectOf, open, serve } from "./support.ts";

/** A file of keys as the AWS tools write it. */
const FILE_OF_KEYS = `; mine
[default]
aws_access_key_id = of-default
aws_secret_access_key = s3cret-of-default

[ backup ]
  aws_access_key_id=of-backup
  aws_secret_access_key = s3cret=of/backup+
  aws_session_token = token-of-backup
  region = eu-central-1
[sso]
sso_session = company
`;

const file = (text = FILE_OF_KEYS): string => join(temporaryDirectory({ credentials: text }), "credentials");

const NO_KEYS = { accessKeyId: undefined, secretAccessKey: undefined };

async function signedBy(options: Readonly<Record<string, unknown>>) {
  const { lab, url } = serve();
  const { store } = open({ url, ...options });
  await store.stat("x", NEVER);
  const [heard] = lab.heard;
  const [, key] = /Credential=([^/]+)\//.exec(heard?.headers.get("authorization") ?? "") ?? [];
  return { key, token: heard?.headers.get("x-amz-security-token") };
}

describe("keys", () => {
  test("of the options", async () => {
    expect(await signedBy({})).toEqual({ key: "access", token: null });
    expect(await signedBy({ sessionToken: "t" })).toEqual({ key: "access", token: "t" });
  });

  test("of a file, by profile, which wins over keys", async () => {
    expect(await signedBy({ ...NO_KEYS, keysFile: file() })).toEqual({ key: "of-default", token: null });
    const backup = { key: "of-backup", token: "token-of-backup" };
    expect(await signedBy({ ...NO_KEYS, keysFile: file(), profile: "backup" })).toEqual(backup);
    expect(await signedBy({ keysFile: file(), profile: "backup" })).toEqual(backup);
  });

  test.each([
    [
      { keysFile: "/nonexistent/credentials" },
      "there are no credentials: /nonexistent/credentials cannot be read: there is no",
    ],
    [{ keysFile: "FILE", profile: "other" }, "the profile other is not there in FILE"],
    [{ keysFile: "FILE", profile: "sso" }, "the profile sso has no keys in FILE"],
    [
      { keysFile: "/dev/zero" },
      "there are no credentials: /dev/zero cannot be read: it is not a file of credentials",
    ],
    [{ accessKeyId: "a" }, "there is no secretAccessKey"],
    [{ secretAccessKey: "s" }, "there is no accessKeyId"],
  ])("%j: what is wrong is said", async (options, message) => {
    const path = file();
    const given = JSON.parse(JSON.stringify(options).replaceAll("FILE", path));
    const { store } = open({ url: "http://127.0.0.1:1", ...NO_KEYS, ...given });
    const failure = await failureOf(store.stat("x", NEVER));
    expect([failure.kind, failure.message]).toEqual([
      "refused",
      expect.stringContaining(message.replaceAll("FILE", path)),
    ]);
    expect(failure.hint).toBeDefined();
  });

  test("that are replaced in their file are read anew by the next store", async () => {
    const path = file();
    expect((await signedBy({ ...NO_KEYS, keysFile: path })).key).toBe("of-default");
    writeFileSync(path, FILE_OF_KEYS.replaceAll("of-default", "of-tomorrow"));
    expect((await signedBy({ ...NO_KEYS, keysFile: path })).key).toBe("of-tomorrow");
  });
});

describe("a configuration", () => {
  const AWS = { AWS_ACCESS_KEY_ID: "aws", AWS_SECRET_ACCESS_KEY: "aws-s", AWS_REGION: "us-west-2" };
  const optionsOf = async (stores: string, env: Record<string, string>, name = "offsite") => {
    const directory = temporaryDirectory({ "contextcore.yaml": `stores:\n${stores}` });
    const config = await loadConfig({ directory, env });
    return resolveOptions({ name, plugin: "s3", options: s3.options }, "stores", config).options;
  };

  test("has a store's keys from AWS_…, whatever its name is, unless it says more itself", async () => {
    const bare = "  offsite: { plugin: s3, bucket: b12 }\n";
    expect(await optionsOf(bare, AWS)).toMatchObject({
      accessKeyId: "aws",
      secretAccessKey: "aws-s",
      region: "us-west-2",
      url: "https://s3.amazonaws.com",
    });
    const own =
      "  offsite: { plugin: s3, bucket: b12, region: here, accessKeyId: own, secretAccessKey: own-s }\n";
    const said = { accessKeyId: "own", secretAccessKey: "own-s", region: "here" };
    expect(await optionsOf(own, AWS)).toMatchObject(said);
    const env = { ...AWS, CONTEXTCORE_OFFSITE_ACCESS_KEY_ID: "env", CONTEXTCORE_OFFSITE_REGION: "there" };
    expect(await optionsOf(own, env)).toMatchObject({ ...said, accessKeyId: "env", region: "there" });
  });

  test("is refused where a variable would be a backend's and a store's", async () => {
    const both = `backends:\n  offsite: { plugin: loki, url: "http://127.0.0.1:1" }\nstores:\n  offsite: { plugin: s3, bucket: b12 }\n`;
    const directory = temporaryDirectory({ "contextcore.yaml": both });
    const env = { CONTEXTCORE_OFFSITE_URL: "http://127.0.0.1:2" };
    const config = await loadConfig({ directory, env });
    const { failures } = await openPlugins(config, { builtIns: BUILT_INS, stores: true, asksNothing: true });
    expect(failures.map(({ error }) => error.message)).toEqual([
      "CONTEXTCORE_OFFSITE_URL: stores.offsite.url: the same variable as that of backends.offsite.url",
    ]);
  });

  test("finds another service by AWS_ENDPOINT_URL, and by the one that is S3's alone before it", async () => {
    const bare = "  offsite: { plugin: s3, bucket: b12 }\n";
    const all = { ...AWS, AWS_ENDPOINT_URL: "http://all.example" };
    expect(await optionsOf(bare, all)).toMatchObject({ url: "http://all.example" });
    const own = { ...all, AWS_ENDPOINT_URL_S3: "http://s3.example" };
    expect(await optionsOf(bare, own)).toMatchObject({ url: "http://s3.example" });
    expect(await optionsOf("  offsite: { plugin: s3, bucket: b12, url: http://own }\n", own)).toMatchObject({
      url: "http://own",
    });
  });

  test.each([
    ["bucket: a/b", "not the name of a bucket"],
    ["bucket: b12, region: 'x.evil.example/'", "not a region, such as eu-central-1"],
    ["bucket: b12, prefix: /a", "not a prefix"],
    ["bucket: b12, prefix: a/../b", "not a prefix"],
    ["bucket: b12, url: 'file:///etc'", "not an http:// or https:// URL"],
    ["bucket: b12, addressing: both", 'expected ("path" | "host")'],
    ["bucket: b12, lock: strict", 'expected ("governance" | "compliance")'],
  ])("with %s is refused", async (options, message) => {
    const failure = await optionsOf(`  offsite: { plugin: s3, ${options} }\n`, AWS).catch((error) => error);
    expect(failure.message).toContain(message);
  });
});

describe("an address", () => {
  /** Where the calls go, by what the client says of them. */
  async function addressOf(options: Readonly<Record<string, unknown>>): Promise<string> {
    const context = createTestContext(s3, {
      options: { bucket: "b12", accessKeyId: "a", secretAccessKey: "s", ...options },
    });
    const asked: string[] = [];
    const http = {
      ...context.http,
      send: async () => Promise.reject(new Error("unused")),
      at: (url: string) => {
        asked.push(url);
        return context.http;
      },
    };
    s3.store?.({ ...context, http });
    return asked.join(" ");
  }

  test("is Amazon's in the region, unless another service is named", async () => {
    expect(await addressOf({})).toBe("https://s3.us-east-1.amazonaws.com");
    expect(await addressOf({ region: "eu-central-1" })).toBe("https://s3.eu-central-1.amazonaws.com");
    expect(await addressOf({ region: "cn-north-1" })).toBe("https://s3.cn-north-1.amazonaws.com.cn");
    expect(await addressOf({ url: "https://s3.example.com" })).toBe("");
  });

  test("has the bucket in its path, or in front of its host", async () => {
    const { lab, url, store } = serve();
    await store.write(objectOf("a/x", "text"), NEVER);
    const options = {
      bucket: "shop",
      accessKeyId: "a",
      secretAccessKey: "s",
      url: url.replace("127.0.0.1", "localhost"),
      addressing: "host",
    };
    // The context of tests holds a plugin to its declared hosts, as if it were a stranger's.
    const named = s3.store?.(createTestContext({ ...s3, hosts: ["shop.localhost"] }, { options }));
    expect((await named?.stat("a/x", NEVER))?.size).toBe(4);
    const listed = await Array.fromAsync(named?.list("a/", NEVER) ?? []);
    expect(listed.map(({ name }) => name)).toEqual(["a/x"]);
    const { port } = new URL(url);
    expect(lab.heard.map(({ path, headers }) => [path, headers.get("host")])).toEqual([
      ["/shop/a/x", `127.0.0.1:${port}`],
      ["/a/x", `shop.localhost:${port}`],
      ["/", `shop.localhost:${port}`],
    ]);
  });

  test("may have a path of its own in front", async () => {
    const { lab, url } = serve();
    using behind = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        if (!pathname.startsWith("/s3/")) return new Response("no", { status: 500 });
        return lab.handle(new Request(url + pathname.slice(3) + search, request));
      },
    });
    const { store } = open({ url: `${behind.url}s3` });
    expect(await store.write(objectOf("x", "text"), NEVER)).toBe("written");
    expect([...lab.objects.keys()]).toEqual(["x"]);
  });
});
