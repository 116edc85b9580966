import { afterAll, setDefaultTimeout } from "bun:test";
import mimir from "../../../plugins/mimir/index.ts";
import { createMimir, seedMimir } from "../../lab/mimir/index.ts";
import { testBackend } from "../../support/conformance.ts";

setDefaultTimeout(60_000);

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
const full = createMimir({ now });
const empty = createMimir({ now });
await seedMimir(full, { seed: 1, now: now() });

const servers = [full, empty].map((face) =>
  Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => face.handle(request) }),
);
afterAll(() => Promise.all(servers.map((server) => server.stop(true))));
const [url, emptyUrl] = servers.map((server) => `http://127.0.0.1:${server.port}`);

testBackend({
  declaration: mimir,
  options: { url },
  empty: { url: emptyUrl },
  match: '{job="checkout"}',
  waived: ["find-then-erase"],
});
