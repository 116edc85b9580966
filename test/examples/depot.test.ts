/** The example of a store behind HTTP, held to every rule against its own look-alike, and as a place of the program. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { serve } from "../../examples/depot/lab.ts";
import { openSubject } from "../../src/conformance/subject.ts";
import type { LabServer, NewObject } from "../../src/contract/contextcore.ts";
import { testStore } from "../support/conformance.ts";
import { loadExample } from "./load.ts";

setDefaultTimeout(60_000); // a thousand objects are listed, and two cores are shared with other test files

const example = await loadExample("depot");
const never = new AbortController().signal;

function started(fetch: LabServer["fetch"]): string {
  const listening = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  afterAll(() => listening.stop(true));
  return `http://127.0.0.1:${listening.port}`;
}

const open = (url: string) => openSubject({ ...example, face: "store", options: { url } }).store();

describe("every rule", () =>
  testStore({
    ...example,
    options: { url: started(serve().fetch) },
    waived: ["store-lock", "store-lifecycle"],
  }));

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const large = new Uint8Array(9_000_001).map((_, n) => n % 251);
const objectOf = (bytes: Uint8Array, sha = sha256(bytes)): NewObject => ({
  name: "a/large one",
  size: bytes.length,
  sha256: sha,
  bytes: (async function* () {
    for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
  })(),
});

test("a large object goes in parts, none of which stays when it fails", async () => {
  const { fetch } = serve();
  const asked: string[] = [];
  const store = await open(
    started((request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname.split("/")[1]}`);
      return fetch(request);
    }),
  );
  expect(await store.write(objectOf(large), never)).toBe("written");
  expect(asked.filter((one) => one === "PUT uploads")).toHaveLength(3);
  const wrong = store.write(objectOf(large, sha256(new Uint8Array(1))), never);
  await expect(wrong).rejects.toMatchObject({ kind: "invalid" });
  expect(asked.at(-1)).toBe("DELETE uploads");
  const read = await Array.fromAsync(store.read("a/large one", { from: 4_000_000, to: 8_500_000 }, never));
  expect(Buffer.concat(read).equals(large.subarray(4_000_000, 8_500_000))).toBe(true);
});

test.each([
  ["does not heed the range", () => new Response(large)],
  ["cuts the answer short", () => new Response(large.slice(0, 10))],
])("a server that %s gives no bytes of another place", async (_, answer) => {
  const { fetch } = serve();
  const store = await open(
    started((request) =>
      request.method === "GET" && request.url.includes("/objects/") ? answer() : fetch(request),
    ),
  );
  await store.write(objectOf(large), never);
  const reading = Array.fromAsync(store.read("a/large one", { from: 1_000, to: 2_000 }, never));
  await expect(reading).rejects.toMatchObject({ kind: "temporary" });
});
