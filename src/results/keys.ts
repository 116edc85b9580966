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
