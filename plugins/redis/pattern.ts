/** Patterns for keys, as `KEYS` and `SCAN` understand them. https://redis.io/docs/latest/commands/keys/ */
import { PluginError } from "contextcore";

/** Whether a key matches. @throws PluginError `invalid` when the pattern is malformed */
export function keyPattern(pattern: string): (key: Buffer) => boolean {
  const source = Buffer.from(pattern).toString("latin1");
  const parts = source.match(/\\.|\[\^?(?:\\.|[^\]\\])*\]|./gs) ?? [];
  const text = parts.map(toExpression).join("");
  try {
    const expression = new RegExp(`^(?:${text})$`, "s");
    return (key) => expression.test(key.toString("latin1"));
  } catch (cause) {
    throw new PluginError("invalid", `redis: ${pattern} is not a pattern for keys`, { cause });
  }
}

function toExpression(part: string): string {
  if (part === "*") return ".*";
  if (part === "?") return ".";
  if (part.startsWith("[") && part.length > 1) return part.replace(/^\[(\^?)/, "[$1");
  const literal = part.startsWith("\\") && part.length > 1 ? part.slice(1) : part;
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
