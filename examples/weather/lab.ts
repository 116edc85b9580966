/** A look-alike of the server, for `contextcore plugin check` and the test: it answers from memory. No other command loads it. */
import { defineLab, fromRfc3339, type LabServer, v } from "contextcore";
import { READING, type Reading } from "./api.ts";

/** So few that a day of a station does not fit. */
const AT_ONCE = 10;
const KNOWN = { stations: ["harbour", "hill é"] };

const sample = KNOWN.stations.flatMap((station, at) =>
  Array.from({ length: 60 }, (_, n): Reading => {
    const time = Date.UTC(2026, 0, 24) + n * 1_800_000 + at;
    return { station, at: new Date(time).toISOString(), celsius: n / 7 - 3 };
  }),
);

/** A server that starts with these readings and keeps nothing. */
export function serve(first: readonly Reading[]): LabServer {
  const held = new Map<string, Reading>();
  const put = (reading: Reading): boolean => {
    const key = JSON.stringify([reading.station, reading.at]);
    const isNew = !held.has(key);
    if (isNew) held.set(key, reading);
    return isNew;
  };
  first.forEach(put);
  return {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const route = `${request.method} ${pathname}`;
      const all = [...held.values()];
      if (route === "GET /stations") return Response.json({ stations: stationsOf(all) });
      if (route === "POST /readings")
        return Response.json(taken(v.parse(v.array(READING), await request.json()), put));
      const inside = all.filter(between(searchParams));
      if (route === "GET /count") return Response.json({ readings: inside.length });
      if (route !== "GET /readings") return new Response("there is no such page", { status: 404 });
      return inside.length > AT_ONCE
        ? Response.json({ error: `more than ${AT_ONCE} readings` }, { status: 422 })
        : Response.json({ readings: inside });
    },
  };
}

function stationsOf(all: readonly Reading[]) {
  return [...Map.groupBy(all, ({ station }) => station)].map(([id, own]) => {
    const times = own.map(({ at }) => at).sort();
    return { id, readings: own.length, bytes: own.length * 24, oldest: times[0], newest: times.at(-1) };
  });
}

function taken(readings: readonly Reading[], put: (reading: Reading) => boolean) {
  const outcomes = readings.map((reading) =>
    typeof reading.celsius === "number" ? (put(reading) ? "accepted" : "existing") : "refused",
  );
  const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  const refused = outcomes.flatMap((outcome, index) =>
    outcome === "refused" ? [{ index, reason: "It has no temperature." }] : [],
  );
  return { accepted: count("accepted"), existing: count("existing"), refused };
}

/** By the nanosecond, as ranges are: half a millisecond less of `to` would be a reading less. */
function between(parameters: URLSearchParams): (reading: Reading) => boolean {
  const [from = 0n, to = 0n] = ["from", "to"].map((name) => fromRfc3339(parameters.get(name) ?? ""));
  const station = parameters.get("station");
  return (one) => {
    const at = fromRfc3339(one.at);
    return one.station === station && at >= from && at < to;
  };
}

export default defineLab({ filled: () => serve(sample), empty: () => serve([]), match: "harbour" });
