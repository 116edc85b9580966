/** The rules that every plugin is held to, run on this one: as a backend and as a sink. */
import { afterAll } from "bun:test";
import loki from "../../../plugins/loki/index.ts";
import { createLoki, seedLoki } from "../../lab/loki/index.ts";
import { testBackend, testSink } from "../../support/conformance.ts";

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

function serve() {
  const face = createLoki({ now });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request) => face.handle(request),
  });
  afterAll(() => server.stop(true));
  return { face, url: `http://127.0.0.1:${server.port}` };
}

const full = serve();
seedLoki(full.face, { seed: 7, now: now() });
await fetch(`${full.url}/loki/api/v1/rules/team`, {
  method: "POST",
  body: 'name: errors\nrules:\n  - alert: Many\n    expr: rate({app="web"}[5m]) > 1\n',
});
const audited = serve();

testBackend({
  declaration: loki,
  options: { url: full.url, pageSize: 100 },
  empty: { url: serve().url },
  match: '{app="checkout"}',
  subject: { id: "ada", where: '{app=~".+"} |= "assignee={id}"' },
});

testSink({
  declaration: loki,
  options: { url: audited.url },
  arrived: async () =>
    audited.face
      .store()
      .streams.flatMap(({ entries }) =>
        Array.from({ length: entries.length }, (_, index): string => JSON.parse(entries.entry(index).line)),
      ),
});
