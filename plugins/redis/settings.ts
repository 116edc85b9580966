/** The options of an instance, and what follows from them. */
import { readFileSync } from "node:fs";
import { PluginError, systemRefusal, v } from "contextcore";
import type { Server } from "./connection.ts";

/** The options of a Redis or Valkey server. */
export const options = v.object({
  address: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(?:\[[0-9a-fA-F:]+\]|[^\s:/@]+)(?::\d{1,5})?$/, "not a host, or host:port"),
      v.description("The server: host, or host:port"),
      v.metadata({ reaches: "address" }),
    ),
    "localhost:6379",
  ),
  tls: v.optional(v.pipe(v.boolean(), v.description("Connect with TLS")), false),
  ca: v.optional(
    v.pipe(
      v.string(),
      v.description("A file with further certificate authorities, PEM"),
      v.metadata({ path: true, reaches: "path" }),
    ),
  ),
  username: v.optional(v.pipe(v.string(), v.description("The ACL user"))),
  password: v.optional(v.pipe(v.string(), v.description("Its password"), v.metadata({ secret: true }))),
  read: v.optional(
    v.pipe(
      v.picklist(["dump", "keys"]),
      v.description(
        "How to read: a dump of one moment, as a replica gets it; or key by key, where a server refuses that",
      ),
    ),
    "dump",
  ),
  file: v.optional(
    v.pipe(
      v.string(),
      v.description(
        "Restore a dump to this file (dump.rdb) of a server that is stopped, instead of to the running one",
      ),
      v.metadata({ path: true, reaches: "path" }),
    ),
  ),
});
/** See {@link options}. */
type Options = v.InferOutput<typeof options>;

const PORT = 6379;

/** The server that the options name. @throws PluginError when the file of authorities cannot be read */
export function serverOf({ address, tls, ca, username, password }: Options): Server {
  const [, host = "", port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return {
    host,
    port: Number(port ?? PORT),
    tls: tls ? (ca === undefined ? {} : { ca: read(ca) }) : undefined,
    username,
    password,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const what = systemRefusal(error, { purpose: "read" })?.what ?? "it is no file";
    throw new PluginError("refused", `redis: ${path} cannot be read: ${what}`, { cause: error });
  }
}
