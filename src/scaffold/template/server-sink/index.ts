/**
 * A sink that posts every audit event to a server over HTTP, exactly as it stands in the trail.
 * Change it step by step into a sink for the server that you have, and `lab.ts` with it: that is the server which
 * `contextcore plugin check` runs this sink against, with faults before it.
 */
import { definePlugin, option, v } from "contextcore";

const HASHES = v.object({ hashes: v.array(v.string()) });

export default definePlugin({
  name: "vendor/name",
  about: "Posts audit events to a server",
  version: "0.1.0",
  options: v.object({
    ...option.serverOptions("http://localhost:8080"),
    // A command that has an event for a sink waits for it this long at most, so a sink's limit is a short one.
    timeout: option.duration("Time limit of one delivery", "5s", option.TIME_LIMITS),
  }),
  // The HTTP client is bound to the options `url`, `token` and so on: it tries nothing twice, tells no secret and
  // throws errors of the right kind. What is `temporary` comes again; an event that is refused as such is passed over.
  sink: ({ http }) => ({
    /** Writes nothing: it only finds out whether the server could take an event now. */
    async probe(signal) {
      await (await http.send({ path: "/health", signal })).text();
    },

    /** Resolves when the server has the event. After a crash the same one may come again: it is known by its id. */
    async deliver({ id, line }, signal) {
      const headers = { "Content-Type": "application/json" };
      const path = `/events/${encodeURIComponent(id)}`;
      await (await http.send({ method: "PUT", path, headers, body: line, signal })).text();
    },

    /** The hashes that the server has seen, newest last: a witness, should somebody cut off the end of the trail. */
    async history({ project, limit }, signal) {
      const { hashes } = await http.json(HASHES, { path: "/hashes", query: { project, limit }, signal });
      return hashes;
    },
  }),
});
