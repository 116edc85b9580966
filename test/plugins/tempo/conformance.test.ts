/** The rules that every plugin is held to, run on this one. */
import { afterAll } from "bun:test";
import tempo from "../../../plugins/tempo/index.ts";
import type { Face } from "../../lab/face.ts";
import { createTempo, seedTempo } from "../../lab/tempo/index.ts";
import { testBackend } from "../../support/conformance.ts";

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

function serve() {
  const face = createTempo({ now });
  const servers = [face, face.otlp].map((one: Face) =>
    Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: (request) => one.handle(request) }),
  );
  afterAll(() => Promise.all(servers.map((server) => server.stop(true))));
  const [url, otlpUrl] = servers.map(({ port }) => `http://127.0.0.1:${port}`);
  return { face, options: { url, otlpUrl } };
}

const full = serve();
await seedTempo(full.face, { seed: 7, now: now() });

testBackend({
  declaration: tempo,
  options: full.options,
  empty: serve().options,
  match: '{ span.task.status = "done" }',
  // What can be found, and not erased, is the person's all the same.
  subject: { id: "ada", where: '{ span.task.assignee = "{id}" }' },
  waived: ["expire-old"],
});
