/** Errors that cross between processes: a PluginError with its details, any other with its name and text. */
import * as v from "valibot";
import { PluginError } from "../../contract/errors.ts";

/** An error's message should be a sentence, not a document. characters */
const TEXT_MAX = 16_384;
const text = v.pipe(v.string(), v.maxLength(TEXT_MAX));
const number = v.optional(v.pipe(v.number(), v.finite()));

/** An error in transit. */
export const failureSchema = v.variant("type", [
  v.object({
    type: v.literal("plugin"),
    message: text,
    kind: v.picklist(["temporary", "too-large", "refused", "not-found", "invalid"]),
    hint: v.optional(text),
    retryAfterMs: number,
    timedOut: v.boolean(),
    absent: v.boolean(),
    status: number,
    cause: v.optional(text),
  }),
  v.object({
    type: v.literal("error"),
    name: text,
    message: text,
    hint: v.optional(text),
    stack: v.optional(text),
  }),
  v.object({ type: v.literal("value"), shown: text }),
]);
type Failure = v.InferOutput<typeof failureSchema>;

const cut = (value: unknown): string => String(value).slice(0, TEXT_MAX);
const cutIf = (value: unknown): string | undefined => (value === undefined ? undefined : cut(value));

/** @param error whatever was thrown */
export function toFailure(error: unknown): Failure {
  if (error instanceof PluginError) {
    const { kind, retryAfterMs, timedOut, absent, status, cause } = error;
    const told = {
      kind,
      message: cut(error.message),
      hint: cutIf(error.hint),
      retryAfterMs,
      timedOut,
      absent,
    };
    return { type: "plugin", ...told, status, cause: cutIf(cause instanceof Error ? cause.stack : cause) };
  }
  if (!(error instanceof Error)) return { type: "value", shown: cut(error) };
  const { name, message, stack } = error;
  const hint = "hint" in error ? cutIf(error.hint) : undefined;
  return { type: "error", name: cut(name), message: cut(message), hint, stack: cutIf(stack) };
}

/** The error to throw on this side; a plain text for a thrown value that was not an error. */
export function fromFailure(failure: Failure): unknown {
  if (failure.type === "value") return failure.shown;
  if (failure.type === "plugin") {
    const { kind, message, type: _, ...rest } = failure;
    return new PluginError(kind, message, rest);
  }
  const { name, message, hint, stack } = failure;
  const error = Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return hint === undefined ? error : Object.assign(error, { hint });
}
