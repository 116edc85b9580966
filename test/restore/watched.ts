/** A lab behind a door that writes down who comes in: what a program asks of the servers. */
import type { Lab } from "../lab/lab.ts";
import { startFront } from "../support/front.ts";

export interface WatchedLab extends Lab {
  /** `loki POST /loki/api/v1/push`, in the order they came. */
  readonly calls: string[];
}

/** The same servers, reached by other addresses. `stop` closes these only. */
export function watched(lab: Lab): WatchedLab {
  const calls: string[] = [];
  const door = (name: keyof Lab["urls"]) =>
    startFront(lab.urls[name], (request, pass) => {
      calls.push(`${name} ${request.method} ${new URL(request.url).pathname}`);
      return pass();
    });
  const doors = {
    tempo: door("tempo"),
    mimir: door("mimir"),
    loki: door("loki"),
    grafana: door("grafana"),
    otlp: door("otlp"),
  };
  const { tempo, mimir, loki, grafana, otlp } = doors;
  return {
    ...lab,
    calls,
    urls: { tempo: tempo.url, mimir: mimir.url, loki: loki.url, grafana: grafana.url, otlp: otlp.url },
    stop: async () => void (await Promise.all(Object.values(doors).map(({ stop }) => stop()))),
  };
}
