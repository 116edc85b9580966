/** The search for what is in no block yet. */
import { describe, expect, test } from "bun:test";
import { createRecentIds } from "../../../plugins/tempo/export/blocks.ts";
import { type SearchRequest, searchTraces } from "../../../plugins/tempo/server/search.ts";
import type { HttpClient } from "../../../src/contract/contract.ts";
import { createHttpClient } from "../../../src/http/client.ts";
import { at, MINUTE, never } from "./support.ts";

describe("the search for what is in no block yet", () => {
  const recent = { from: at("17:10:00"), to: at("17:30:00") };

  test("is asked again in halves when its jobs do not finish", async () => {
    let unfinished = 3;
    const searches: string[] = [];
    await using server = serveSearch((search) => {
      searches.push(search);
      unfinished -= 1;
      return unfinished >= 0
        ? { metrics: { completedJobs: 3, totalJobs: 4 } }
        : { traces: [{ traceID: "ab" }], metrics: { completedJobs: 4, totalJobs: 4 } };
    });
    const ids = await createRecentIds(listing(server.http))(recent, never);
    expect([...ids]).toEqual(["ab".padStart(32, "0")]);
    expect(new Set(searches).size).toBe(searches.length);
  });

  test("fails for now when even a second is not finished, and is not kept", async () => {
    let well = false;
    await using server = serveSearch(() => ({ metrics: { completedJobs: well ? 4 : 3, totalJobs: 4 } }));
    const recentIds = createRecentIds(listing(server.http));
    const error = await recentIds(recent, never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "temporary" });
    expect(String(error)).toContain("did not finish all jobs of a search from 2026-11-20T17:");
    well = true;
    expect((await recentIds(recent, never)).size).toBe(0);
  });
});

const listing = (http: HttpClient) => ({
  http,
  search: (request: SearchRequest, signal: AbortSignal) => searchTraces(http, request, signal),
  length: 10n * MINUTE,
});

/** A Tempo that only answers searches, with what it is told. */
function serveSearch(answer: (search: string) => object) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => Response.json(answer(new URL(url).search)),
  });
  return {
    http: createHttpClient({ name: "tempo", url: `http://127.0.0.1:${server.port}` }),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
