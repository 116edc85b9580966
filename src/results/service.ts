/** What the service answers of itself, and what the commands for its tokens print. */
import * as v from "valibot";
import { time } from "./parts.ts";
import { defineResult } from "./result.ts";

const role = v.picklist(["viewer", "admin", "ingest"]);
const name = v.pipe(v.string(), v.description("the token's, which the trail has as the user"));

export const TOKEN_ADD = defineResult({
  name: "serve.token.add",
  version: 1,
  about: "a new token, which is shown only now",
  schema: v.object({ name, role, expires: v.optional(time), token: v.string() }),
});

export const TOKEN_LIST = defineResult({
  name: "serve.token.list",
  version: 1,
  about: "the tokens of the service, without their secrets",
  schema: v.object({
    tokens: v.array(
      v.object({
        name,
        role,
        created: time,
        expires: v.optional(time),
        used: v.optional(v.pipe(time, v.description("when it was last used, to the minute"))),
        state: v.picklist(["valid", "expired", "revoked"]),
      }),
    ),
  }),
});

export const TOKEN_REVOKE = defineResult({
  name: "serve.token.revoke",
  version: 1,
  about: "a token that does not count any more",
  schema: v.object({ name }),
});

export const HEALTH = defineResult({
  name: "service.health",
  version: 1,
  about: "whether the service runs, and what it cannot do at present",
  schema: v.object({
    status: v.picklist(["ok", "degraded"]),
    version: v.string(),
    uptimeSeconds: v.number(),
    problems: v.array(v.string()),
  }),
});

export const READY = defineResult({
  name: "service.ready",
  version: 1,
  about: "whether everything that the service needs is there; status 503 if not",
  schema: v.object({
    ready: v.boolean(),
    checks: v.array(
      v.object({
        subject: v.pipe(v.string(), v.description("configuration, trail, database, or a place")),
        ready: v.boolean(),
        message: v.optional(v.string()),
        hint: v.optional(v.string()),
      }),
    ),
  }),
});

export const SESSION = defineResult({
  name: "service.session",
  version: 1,
  about: "who is signed in, and until when",
  schema: v.object({ name, role, until: v.optional(time) }),
});
