import type { Json } from "../../units/json.ts";
import type { Message, Part } from "../format/run.ts";

/**
 * About as much as they take: texts are not copied for it, since their caller waits. What is no message at all has none, and is
 * refused when it is written, which its caller does not see. Characters
 */
export function textSize(messages: readonly Message[]): number {
  try {
    return messages.reduce(
      (sum, { parts }) => sum + parts.reduce((size, part) => size + partSize(part), 0),
      0,
    );
  } catch {
    return 0;
  }
}

function partSize(part: Part): number {
  if (part.type === "text" || part.type === "reasoning") return part.text.length;
  if (part.type === "uri") return part.uri.length;
  if (part.type === "tool_call") return valueSize(part.arguments);
  return part.type === "tool_call_response" ? valueSize(part.response) : 0;
}

/** The same of one value. Characters */
export const valueSize = (value: Json | undefined): number =>
  typeof value === "string" ? value.length : JSON.stringify(value ?? "").length;
