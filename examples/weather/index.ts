/** A backend for a server over HTTP that gives only so much at once: a window a station, halved where it is too full. */
import { definePlugin, fromRfc3339, type Inventory, option, v } from "contextcore";
import { type Api, createApi } from "./api.ts";
import { chosen, parts, start, step } from "./export.ts";
import { createRestorer } from "./restore.ts";

export default definePlugin({
  name: "example/weather",
  about: "The readings of weather stations",
  version: "1.0.0",
  signals: ["records"],
  importance: "medium",
  options: v.object({ ...option.serverOptions("http://localhost:8080") }),
  backend: ({ http }) => {
    const api = createApi(http);
    return {
      inventory: (signal) => look(api, signal),
      async size(signal) {
        const stations = await api.stations(signal);
        return { bytes: sum(stations.map(({ bytes }) => bytes)), source: "api" };
      },
      /** Asks another endpoint than the export, so that the two prove each other. */
      async count({ range, match }, signal) {
        const stations = await chosen(api, match, signal);
        const counts = await Promise.all(stations.map((station) => api.count(station, range, signal)));
        return { readings: sum(counts) };
      },
      export: {
        heeds: ["match"],
        checkMatch: async (match, signal) => void (await chosen(api, match, signal)),
        start: (request, signal) => start(api, request, signal),
        step: (cursor, signal) => step(api, cursor, signal),
        split: async (cursor) => parts(cursor),
      },
      restore: createRestorer(api),
    };
  },
});

async function look(api: Api, signal: AbortSignal): Promise<Inventory> {
  const stations = await api.stations(signal);
  const times = stations
    .flatMap(({ oldest, newest }) => [oldest, newest])
    .filter((time) => time !== undefined)
    .map(fromRfc3339)
    .sort((a, b) => (a < b ? -1 : 1));
  const [oldest, newest] = [times[0], times.at(-1)];
  return {
    signals: ["records"],
    counts: { stations: stations.length, readings: sum(stations.map(({ readings }) => readings)) },
    ...(oldest !== undefined && newest !== undefined && { oldest, newest }),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
