/** The lab's servers in the form that `contextcore plugin check --lab NAME` starts them: packed into the program. */
import { defineLab, type Lab, type LabServer } from "../../src/contract/lab.ts";
import type { Face } from "./face.ts";
import { createGrafana, seedGrafana } from "./grafana/index.ts";
import { createLoki, seedLoki } from "./loki/index.ts";
import type { Store } from "./loki/store.ts";
import { createMimir, seedMimir } from "./mimir/index.ts";
import { createTempo, seedTempo } from "./tempo/index.ts";

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
const story = () => ({ seed: 1, now: now() });

/** A day of data, and none. */
function labOf<Server extends Face>(
  create: (options: { now: () => bigint }) => Server,
  seed: (server: Server, from: { seed: number; now: bigint }) => Promise<void> | void,
  match: string,
  served: (server: Server) => LabServer = ({ handle }) => ({ fetch: handle }),
): Lab {
  return defineLab({
    match,
    filled: async () => {
      const server = create({ now });
      await seed(server, story());
      return served(server);
    },
    empty: () => served(create({ now })),
  });
}

const labs: Readonly<Record<string, Lab>> = {
  tempo: labOf(createTempo, seedTempo, '{ span.task.status = "done" }', (tempo) => ({
    fetch: (request) => (new URL(request.url).pathname === "/v1/traces" ? tempo.otlp : tempo).handle(request),
  })),
  mimir: labOf(createMimir, seedMimir, '{job="checkout"}'),
  loki: labOf(createLoki, seedLoki, '{app="checkout"}', (loki) => {
    const seeded = new Set(loki.store().streams);
    return {
      fetch: loki.handle,
      arrived: () => linesIn(loki.store().streams.filter((one) => !seeded.has(one))),
    };
  }),
  grafana: labOf(createGrafana, seedGrafana, "tag=service"),
};

/** What a sink has delivered, which is the text of a JSON value. */
const linesIn = (streams: Store["streams"]): string[] =>
  streams.flatMap(({ entries }) =>
    Array.from({ length: entries.length }, (_, index): string => JSON.parse(entries.entry(index).line)),
  );

export default labs;
