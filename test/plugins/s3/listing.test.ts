/** A listing is complete, or an error, whatever the server says. */
import { describe, expect, test } from "bun:test";
import { failureOf, NEVER, objectOf, open, serve } from "./support.ts";

describe("a listing", () => {
  test("has every object once, page after page, whatever its name is", async () => {
    const { store } = serve({ pageSize: 3 });
    const names = ["a", "a b", "a+b", "a%20b", "a&b<c>", "ü/é", "🧨", "b/c/d", "b/c.d", "b/c-d"];
    for (const name of names) await store.write(objectOf(name, name), NEVER);
    const found = await Array.fromAsync(store.list("", NEVER));
    expect(found.map(({ name }) => name).sort()).toEqual(names.toSorted());
  });

  test("passes over what is no object of ours: a key that is no name, the mark of a folder", async () => {
    const { store, lab } = serve();
    await store.write(objectOf("a/x", "text"), NEVER);
    const [object] = lab.objects.values();
    if (object === undefined) throw new Error("it was not written");
    for (const key of ["a/", "a//b", "../c", "a\\b"]) lab.objects.set(key, object);
    expect((await Array.fromAsync(store.list("", NEVER))).map(({ name }) => name)).toEqual(["a/x"]);
  });

  const page = (inside: string): string =>
    `<ListBucketResult><IsTruncated>true</IsTruncated>${inside}</ListBucketResult>`;
  const item =
    "<Contents><Key>x</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>";
  let turn = 0;
  test.each([
    ["gives the same page for ever", () => page(`${item}<NextContinuationToken>t</NextContinuationToken>`)],
    ["goes on without saying how", () => page(item)],
    ["goes on with empty pages", () => page(`<NextContinuationToken>${++turn}</NextContinuationToken>`)],
    ["is nested without end", () => "<a>".repeat(100_000)],
    ["is cut", () => "<ListBucketResult><Contents><Key>x</Key>"],
    ["has entities of its own", () => '<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>'],
    ["is of another kind", () => "<ListAllMyBucketsResult/>"],
    ["is a web page", () => "<!doctype html><title>Sign in</title>"],
    ["has a size that is none", () => page(item.replace("<Size>1", "<Size>-1"))],
    ["is larger than any", () => page(item.repeat(200_000))],
  ])("of a server that %s ends with an error", async (_, answer) => {
    using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(answer()) });
    const { store } = open({ url: server.url.href.replace(/\/$/, "") });
    const work = async () => {
      for await (const _ of store.list("", NEVER));
    };
    expect((await failureOf(work())).kind).toBe("invalid");
  });
});
