/** Patterns for keys, as `KEYS` and `SCAN` understand them. https://redis.io/docs/latest/commands/keys/ */
import { PluginError } from "contextcore";

/** Whether a key matches. @throws PluginError `invalid` when the pattern is malformed */
export function keyPattern(pattern: string): (key: Buffer) => boolean {
  const text = expressionOf(Buffer.from(pattern).toString("latin1"));
  try {
    const expression = new RegExp(`^(?:${text})$`, "s");
    return (key) => expression.test(key.toString("latin1"));
  } catch (cause) {
    throw new PluginError("invalid", `redis: ${pattern} is not a pattern for keys`, { cause });
  }
}

const expressionOf = (pattern: string): string =>
  (pattern.match(/\\.|\[\^?(?:\\.|[^\]\\])*\]|./gs) ?? []).map(toExpression).join("");

/** A pattern for a person's keys, such as `user:{id}:*`. */
interface PersonPattern {
  /** As `SCAN` takes it: the identifier stands for itself. It may match more. */
  readonly scanned: string;
  /** Whether a key is that person's: where the identifier stands, no letter, digit or `_` is beside it. */
  isTheirs(key: Buffer): boolean;
}

/** @throws PluginError `invalid`, without the identifier */
export function personPattern(where: string, id: string): PersonPattern {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "redis: an identifier without a letter or a digit matches no word");
  const parts = where.split("{id}");
  if (parts.length < 2) throw new PluginError("invalid", `redis: ${where} says nothing of {id}`, HINT);
  const word = `(?<![\\p{L}\\p{N}_])${literally(id)}(?![\\p{L}\\p{N}\\p{M}_])`;
  try {
    const expression = new RegExp(`^(?:${parts.map(expressionOf).join(word)})$`, "su");
    const scanned = parts.join(id.replace(/[\\*?[\]^-]/g, "\\$&"));
    return { scanned, isTheirs: (key) => expression.test(key.toString()) };
  } catch (cause) {
    throw new PluginError("invalid", `redis: ${where} is not a pattern for keys`, { ...HINT, cause });
  }
}

const HINT = { hint: "A pattern for keys with {id} for the identifier: `user:{id}:*`." };

function toExpression(part: string): string {
  if (part === "*") return ".*";
  if (part === "?") return ".";
  if (part.startsWith("[") && part.length > 1) return part.replace(/^\[(\^?)/, "[$1");
  const literal = part.startsWith("\\") && part.length > 1 ? part.slice(1) : part;
  return literally(literal);
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
