import * as v from "valibot";
import { absolutePath } from "./parts.ts";
import { defineResult } from "./result.ts";

const recipient = v.pipe(v.string(), v.description("an age recipient, `age1…`"));

export const KEYS_NEW = defineResult({
  name: "keys.new",
  version: 1,
  about: "the key that was made",
  schema: v.object({
    recipient,
    path: v.pipe(absolutePath, v.description("the file of the identity; absolute")),
    isProtected: v.pipe(v.boolean(), v.description("a passphrase opens it")),
  }),
});

export const KEYS_CHECK = defineResult({
  name: "keys.check",
  version: 1,
  about: "what an identity opens",
  schema: v.object({
    recipients: v.array(
      v.object({
        recipient,
        opens: v.pipe(v.boolean(), v.description("the identity opens what is encrypted to it")),
      }),
    ),
  }),
});

export const KEYS_KIT = defineResult({
  name: "keys.kit",
  version: 1,
  about: "what brings everything back",
  schema: v.object({
    project: v.string(),
    publicKey: v.optional(v.pipe(v.string(), v.description("the copies are signed with it"))),
    places: v.array(
      v.object({
        name: v.string(),
        settings: v.pipe(
          v.array(v.object({ key: v.string(), value: v.unknown() })),
          v.description("those that are set; secrets are masked"),
        ),
        recipients: v.array(
          v.object({
            recipient,
            identity: v.optional(
              v.pipe(absolutePath, v.description("where its identity was last read or written here")),
            ),
          }),
        ),
      }),
    ),
    commands: v.pipe(v.array(v.string()), v.description("without this program, in an empty directory")),
  }),
});
