/**
 * A look-alike of the server, for `contextcore plugin check` and the test: it answers as the real one does, from memory. Make
 * it behave as you saw the real server behave. No other command loads this file.
 */
import { defineLab, type LabServer, openObject, v } from "contextcore";

const EVENTS = v.array(openObject({ id: v.number(), time: v.string() }));
type Event = v.InferOutput<typeof EVENTS>[number];

/** Forty events, half an hour apart, with fixed times in the past. */
const sample = Array.from(
  { length: 40 },
  (_, index): Event => ({
    id: index + 1,
    time: new Date(Date.UTC(2026, 0, 24) + index * 1_800_000).toISOString(),
    text: `event ${index} é 🧨`,
  }),
);

/** A server that starts with these events and keeps nothing. */
export function serve(first: readonly Event[]): LabServer {
  const events = new Map(first.map((event) => [event.id, event]));
  return {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const route = `${request.method} ${pathname}`;
      if (route === "POST /events") {
        for (const event of v.parse(EVENTS, await request.json())) events.set(event.id, event);
        return Response.json({});
      }
      const kept = [...events.values()].sort((a, b) => a.id - b.id);
      if (route === "GET /stats") return Response.json(statsOf(kept));
      const inside = kept.filter(between(searchParams));
      if (route === "GET /count") return Response.json({ events: inside.length });
      if (route === "GET /events") return Response.json(pageOf(inside, searchParams));
      return new Response("there is no such page", { status: 404 });
    },
  };
}

function statsOf(events: readonly Event[]) {
  const times = events.map(({ time }) => time).sort();
  return {
    events: events.length,
    bytes: JSON.stringify(events).length,
    oldest: times[0],
    newest: times.at(-1),
  };
}

function between(parameters: URLSearchParams): (event: Event) => boolean {
  const [from, to] = ["from", "to"].map((name) => Date.parse(parameters.get(name) ?? ""));
  return ({ time }) => Date.parse(time) >= Number(from) && Date.parse(time) < Number(to);
}

function pageOf(events: readonly Event[], parameters: URLSearchParams) {
  const later = events.filter(({ id }) => id > Number(parameters.get("after")));
  // A small page, so that the check sees more than one.
  const page = later.slice(0, Math.min(Number(parameters.get("limit")), 15));
  return { events: page, more: page.length < later.length };
}

export default defineLab({ filled: () => serve(sample), empty: () => serve([]) });
