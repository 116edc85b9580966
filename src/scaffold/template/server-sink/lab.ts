/**
 * The server's look-alike, for `contextcore plugin check` and the test: it answers as the real one does, from memory.
 * Write into it what the real server was seen to do. No other command loads this file.
 */
import { defineLab, type LabServer, v } from "contextcore";

const EVENT = v.object({ project: v.string(), hash: v.string() });

/** A server that keeps the lines of events by their ids, in the order in which they came. */
export function serve(): LabServer {
  const lines = new Map<string, string>();
  return {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const [, first, id = ""] = pathname.split("/");
      if (request.method === "PUT" && first === "events") {
        lines.set(id, await request.text());
        return Response.json({});
      }
      if (pathname === "/health") return Response.json({});
      if (pathname === "/hashes")
        return Response.json({ hashes: hashesOf([...lines.values()], searchParams) });
      return new Response("there is no such page", { status: 404 });
    },
    /** What the check compares with what it delivered. */
    arrived: () => [...lines.values()],
  };
}

function hashesOf(lines: readonly string[], asked: URLSearchParams): readonly string[] {
  const events = lines.map((line) => v.parse(EVENT, JSON.parse(line)));
  const own = events.filter(({ project }) => project === asked.get("project"));
  return own.map(({ hash }) => hash).slice(-Number(asked.get("limit")));
}

export default defineLab({ filled: serve });
