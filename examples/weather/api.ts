/**
 * A made-up server of weather stations, as its HTTP API is: no pages, no cursors, and an answer of at most so many readings.
 *
 *     GET  /stations                           every station, and what it holds
 *     GET  /readings?station=S&from=T&to=T     its readings in a half-open range, or 422 when they are too many
 *     GET  /count?station=S&from=T&to=T        how many there are
 *     POST /readings                           takes readings; one is known by its station and its time
 */
import { checkShape, type HttpClient, openObject, type Range, toRfc3339, v } from "contextcore";

const TIME = v.pipe(v.string(), v.isoTimestamp());

/** Whatever else the server says of a reading is kept, too. */
export const READING = openObject({ station: v.string(), at: TIME });
export type Reading = v.InferOutput<typeof READING>;

const STATION = v.object({
  id: v.string(),
  readings: v.number(),
  bytes: v.number(),
  oldest: v.optional(TIME),
  newest: v.optional(TIME),
});
const STATIONS = v.object({ stations: v.array(STATION) });
const READINGS = v.object({ readings: v.array(READING) });
const COUNT = v.object({ readings: v.number() });
const TAKEN = v.object({
  accepted: v.number(),
  existing: v.number(),
  refused: v.array(v.object({ index: v.number(), reason: v.string() })),
});

/** The calls of the API. Each answer is checked against a schema: a wrong one is reported as the server's fault. */
export function createApi(http: HttpClient) {
  const within = (station: string, { from, to }: Range) => ({
    station,
    from: toRfc3339(from),
    to: toRfc3339(to),
  });
  return {
    async stations(signal: AbortSignal) {
      return (await http.json(STATIONS, { path: "/stations", signal })).stations;
    },
    /** `undefined` when there are more than the server gives at once. That is an answer here, and no error. */
    async readings(station: string, range: Range, signal: AbortSignal): Promise<Reading[] | undefined> {
      const query = within(station, range);
      const answer = await http.send({ path: "/readings", query, accept: [TOO_MANY], signal });
      if (answer.status !== TOO_MANY)
        return checkShape("weather: the answer of /readings", READINGS, await answer.json()).readings;
      // Nothing of it is used, but until it is read the connection is not free for another call.
      await answer.text();
      return undefined;
    },
    async count(station: string, range: Range, signal: AbortSignal): Promise<number> {
      const query = within(station, range);
      return (await http.json(COUNT, { path: "/count", query, signal })).readings;
    },
    put: (readings: readonly Reading[], signal: AbortSignal) =>
      http.json(TAKEN, { method: "POST", path: "/readings", json: readings, signal }),
  };
}
/** See {@link createApi}. */
export type Api = ReturnType<typeof createApi>;

const TOO_MANY = 422;
