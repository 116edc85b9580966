/** A sink that sends audit events as syslog messages (RFC 5424), over TCP (RFC 6587), a socket file, or UDP. */
import { definePlugin, v } from "contextcore";
import { toMessage } from "./message.ts";
import { parseAddress, reach, send } from "./transport.ts";

export default definePlugin({
  name: "example/syslog",
  about: "Syslog: audit events as RFC 5424 messages",
  version: "1.0.0",
  options: v.object({
    address: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^((tcp|udp):\/\/[^/]+:\d+|unix:.+)$/, "not tcp://host:port, udp://host:port or unix:/path"),
        v.description("Where it listens: tcp://host:port, udp://host:port or unix:/path"),
      ),
      "tcp://127.0.0.1:601",
    ),
    facility: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(0),
        v.maxValue(23),
        v.description("The facility's number; 13 is the audit log's"),
      ),
      13,
    ),
  }),
  sink: ({ options: { address, facility } }) => {
    const place = parseAddress(address);
    return {
      probe: (signal) => reach(place, signal),
      deliver: (event, signal) => send(place, toMessage(event, facility), signal),
    };
  },
});
