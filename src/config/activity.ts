/** `activity` of `contextcore.yaml`: the log of what models were asked, what is kept of it, and for how long. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { duration, TIME_LIMITS } from "../contract/options.ts";
import { parseBytes } from "../units/bytes.ts";
import { lasting } from "./lasting.ts";
import { readListen } from "./service.ts";

/** `none`: what was said is not kept, only that it was. `redacted`: without what looks like a secret. `full`: as it was. */
const CONTENTS = ["none", "redacted", "full"] as const;

const isSize = (text: string): boolean => {
  try {
    return parseBytes(text) > 0;
  } catch {
    return false;
  }
};

/** Whose interface a server of models speaks. */
const APIS = ["openai", "anthropic"] as const;

/** The parts of the path of the relay are no names. */
const UPSTREAM = /^(?!t$)[a-z\d][a-z\d-]{0,62}$/;

const isServer = (text: string): boolean => {
  if (/\$\{/.test(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === "";
};

const upstream = v.strictObject({
  url: v.optional(
    v.pipe(
      v.string(),
      v.check(isServer, "not an address as https://api.example.com, without a name, a password or a query"),
    ),
  ),
  api: v.optional(v.picklist(APIS)),
  content: v.optional(v.picklist(CONTENTS)),
  timeout: v.optional(v.unwrap(duration("how long it may be silent", "10m", TIME_LIMITS))),
  enabled: v.optional(v.boolean()),
});

/** One server of models, as it is configured. */
export type UpstreamSettings = v.InferOutput<typeof upstream>;

/** Where the service takes runs in when it does nothing else. */
const LISTEN = "127.0.0.1:9084";

/** Its settings. */
export const activitySchema = v.nullish(
  v.strictObject({
    path: v.optional(
      v.pipe(
        v.string(),
        v.nonEmpty("empty: name a file"),
        v.description("the database of runs; default: .contextcore/activity.db"),
      ),
    ),
    content: v.optional(
      v.pipe(
        v.picklist(CONTENTS),
        v.description(
          "what is kept of what was said: none, redacted (without what looks like a secret), or full",
        ),
      ),
      "redacted",
    ),
    export: v.optional(
      v.pipe(
        v.picklist(["metadata", "content"]),
        v.description(
          "what the backend `activity` saves in snapshots: metadata, or also content, what was said",
        ),
      ),
      "metadata",
    ),
    retention: lasting("how long runs are kept, as 30d; a bare number means days", 30, "1d"),
    content_retention: lasting(
      "how long what was said in them is kept, at most as long as the runs",
      30,
      "1d",
    ),
    max_size: v.optional(
      v.pipe(
        v.string(),
        v.check(isSize, "not a size, as 2GB"),
        v.description("above this size of the database the oldest runs go, too; default: no limit"),
      ),
    ),
    upstreams: v.nullish(
      v.pipe(
        objectOf(v.nullish(upstream, {})),
        v.check(
          (all) => Object.keys(all).every((name) => UPSTREAM.test(name)),
          "a name is made of small letters, digits and -, and is not t",
        ),
        v.description(
          "servers of models that the relay leads to, by name: url, api (openai or anthropic), content, timeout, enabled; openai and anthropic are there",
        ),
      ),
    ),
    listen: v.optional(
      v.pipe(
        v.string(),
        v.check((text) => readListen(text) !== undefined, "not ADDRESS:PORT, as 127.0.0.1:9084"),
        v.description("address and port of `serve --only relay`"),
      ),
      LISTEN,
    ),
    networks: v.nullish(
      v.pipe(
        v.array(v.pipe(v.string(), v.nonEmpty("empty"))),
        v.description("private networks whose programs may ask `serve --only relay` without TLS"),
      ),
      [],
    ),
    grace: duration("how long answers that pass have to end when the service stops", "45s", { max: "1h" }),
  }),
  {},
);
