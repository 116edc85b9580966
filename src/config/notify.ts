/** `notify` and `ping` of `contextcore.yaml`: who is told of faults, and what hears that all is well. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";

/** What people are told of. A fault that was told is also told to be over. */
const FAULT_KINDS = ["failed", "partial", "missed", "not-started"] as const;

/** One of {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What stands for a value in a template: `{{title}}`. */
const PLACEHOLDERS = [
  "state",
  "kind",
  "title",
  "message",
  "hint",
  "stack",
  "host",
  "schedule",
  "task",
  "since",
  "until",
  "ends",
] as const;

/** One of {@link PLACEHOLDERS}. */
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** Finds them in a text. */
export const PLACEHOLDER: RegExp = /\{\{\s*([\w-]+)\s*\}\}/g;

const known: readonly string[] = PLACEHOLDERS;

/** Placeholders in any text of a template that stand for nothing. */
function unknownIn(template: unknown): string[] {
  const texts = JSON.stringify(template) ?? "";
  return [...texts.matchAll(PLACEHOLDER)].flatMap(([all, name = ""]) => (known.includes(name) ? [] : [all]));
}

/** An address whose path and query often are its password. */
const secretUrl = (about: string) =>
  v.pipe(
    v.string(),
    v.regex(/^https?:\/\//, "not an http:// or https:// URL"),
    v.check((url) => URL.canParse(url), "not a URL"),
    v.description(about),
    v.metadata({ secret: true, reaches: "address" }),
  );

const receiver = v.strictObject({
  url: secretUrl("where messages are posted, as JSON"),
  on: v.nullish(
    v.pipe(
      v.array(v.picklist(FAULT_KINDS)),
      v.minLength(1, "empty: name a kind of fault, or leave it out"),
      v.description(`what it is told of: ${FAULT_KINDS.join(", ")}; default: all`),
    ),
    [...FAULT_KINDS],
  ),
  template: v.optional(
    v.pipe(
      v.unknown(),
      v.check(
        (template) => unknownIn(template).length === 0,
        ({ input }) =>
          `${unknownIn(input).join(", ")} stands for nothing; there are ${known.map((name) => `{{${name}}}`).join(" ")}`,
      ),
      v.description("the JSON that is posted, with {{placeholders}} in its texts"),
    ),
  ),
  headers: v.nullish(
    v.pipe(objectOf(v.string()), v.description("headers of every request"), v.metadata({ secret: true })),
    {},
  ),
});

/** Who is told of faults. */
export const notifySchema = v.nullish(
  v.pipe(
    v.array(receiver),
    v.maxLength(20, "more than 20 receivers"),
    v.description(
      "who is told of faults, once when one begins and once when it is over: url, on, template, headers",
    ),
  ),
  [],
);

/** What waits for a sign of life. */
export const pingSchema = v.optional(
  secretUrl("asked after each night in which every schedule went well: what waits for it notices silence"),
);

/** A receiver with its defaults filled in. */
export type Receiver = v.InferOutput<typeof receiver>;
