/** What a real Tempo's querier answered to the question for every span of its live stores. */
import { expect, test } from "bun:test";
import * as v from "valibot";
import { readLiveSpans } from "../../../plugins/tempo/server/live-spans.ts";
import { createHttpClient } from "../../../src/http/client.ts";
import { KINDS } from "../../lab/tempo/model.ts";
import recording from "../../recordings/tempo.json";
import { never } from "./support.ts";

test("what a real Tempo answered names every span of every trace", async () => {
  const [json, binary] = ["querier: every span", "querier: every span, protobuf"].map(
    (one) => recording.exchanges.find(({ name }) => name === one)?.response.body,
  );
  await using server = serve(() => answered(Buffer.from(String(binary?.base64), "base64")));
  const live = await readLiveSpans(server.http, never);
  const expected = v.parse(listed, JSON.parse(String(json?.text))).traces;
  expect(live.traces.map(({ id }) => id)).toEqual(
    expected.map(({ traceID }) => traceID.padStart(32, "0")).sort(),
  );
  for (const { traceID, spanSets } of expected) {
    const id = traceID.padStart(32, "0");
    const known = spanSets.map(({ spans: [one] }) => ({
      id: BigInt(`0x${one?.spanID}`),
      kind: [...KINDS].map(String).indexOf(String(one?.attributes[0]?.value.stringValue)),
    }));
    expect(live.hasMore(id, known)).toBe(false);
    for (const left of known)
      expect(
        live.hasMore(
          id,
          known.filter((one) => one !== left),
        ),
      ).toBe(true);
  }
});

const listed = v.object({
  traces: v.array(
    v.object({
      traceID: v.string(),
      spanSets: v.array(
        v.object({
          spans: v.array(
            v.object({
              spanID: v.string(),
              attributes: v.array(v.object({ value: v.object({ stringValue: v.string() }) })),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A querier with one answer to the question for spans, and none to the other one. */
function serve(answer: () => Response) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => (new URL(url).searchParams.get("q")?.includes("by(") ? answer() : answered([])),
  });
  return {
    http: createHttpClient({ name: "tempo", url: `http://127.0.0.1:${server.port}` }),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const answered = (bytes: ArrayLike<number>): Response =>
  new Response(Uint8Array.from(bytes), { headers: { "content-type": "application/protobuf" } });
