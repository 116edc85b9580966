/** A lab behind a door that writes down who comes in: what a program asks of the servers. */
import type { Lab } from "../lab/lab.ts";

export interface WatchedLab extends Lab {
  /** `loki POST /loki/api/v1/push`, in the order they came. */
  readonly calls: string[];
}

/** The same servers, reached by other addresses. `stop` closes these only. */
export function watched(lab: Lab): WatchedLab {
  const calls: string[] = [];
  const doors = Object.entries(lab.urls).map(([name, target]) => ({
    name,
    server: Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        calls.push(`${name} ${request.method} ${pathname}`);
        const body = await request.arrayBuffer();
        const { method, headers } = request;
        const answer = await fetch(new URL(pathname + search, target), {
          method,
          headers,
          ...(body.byteLength === 0 ? {} : { body }),
        });
        return new Response(await answer.arrayBuffer(), { status: answer.status, headers: answer.headers });
      },
    }),
  }));
  const urlOf = (name: string): string => {
    const door = doors.find((one) => one.name === name);
    if (door === undefined) throw new Error(`the lab has no ${name}`);
    return `http://127.0.0.1:${door.server.port}`;
  };
  return {
    ...lab,
    calls,
    urls: {
      tempo: urlOf("tempo"),
      mimir: urlOf("mimir"),
      loki: urlOf("loki"),
      grafana: urlOf("grafana"),
      otlp: urlOf("otlp"),
    },
    stop: async () => void (await Promise.all(doors.map(({ server }) => server.stop(true)))),
  };
}
