/** Messages as the conventions write them: JSON, or names that were numbered, in the shape of whatever the client speaks. */
import { given } from "../../units/given.ts";
import { isList, isObject, type Json } from "../../units/json.ts";
import { blobOf } from "../content/blob.ts";
import type { Message, Part } from "../format/run.ts";
import { toolCall } from "../stream/assembly.ts";
import { at, listAt, textAt } from "../stream/fields.ts";
import { contentParts, responsePart } from "../stream/parts.ts";

/** One message, several, a text, or a request or an answer that holds some. @param side whose they are where they do not say */
export function messagesIn(value: Json | undefined, side: string): Message[] {
  if (value === undefined || value === null || value === "") return [];
  if (isList(value)) return value.flatMap((one) => messagesIn(one, side));
  if (!isObject(value)) return [{ role: side, parts: contentParts(String(value)) }];
  for (const name of ["messages", "choices"])
    if (isList(at(value, name))) return messagesIn(listAt(value, name), side);
  return [messageIn(value, side)];
}

function messageIn(value: Json, side: string): Message {
  const one = unwrapped(value, "message", "embedding");
  const role = textAt(one, "role") ?? side;
  const parts = at(one, "parts");
  if (isList(parts)) return { role, parts: partsIn(parts) };
  const said = at(one, "contents") ?? at(one, "content") ?? at(one, "text");
  const answered = textAt(one, "tool_call_id") ?? (role === "tool" ? textAt(one, "id") : undefined);
  if (answered !== undefined) return { role, parts: [responsePart(answered, said)] };
  const thought = textAt(one, "reasoning_content") ?? textAt(one, "reasoning");
  return {
    role,
    parts: [
      ...(thought === undefined ? [] : [{ type: "reasoning" as const, text: thought }]),
      ...partsIn(said),
      ...listAt(one, "tool_calls").map((call) => callPart(unwrapped(call, "tool_call"))),
    ],
  };
}

/** What a content holds: a text, or parts. */
export const partsIn = (content: unknown): Part[] =>
  isList(content)
    ? content.flatMap((part) => partIn(unwrapped(part, "message_content")))
    : contentParts(content);

/** The object below one of these names, as OpenInference wraps whatever is in a list. */
function unwrapped(value: Json, ...names: readonly string[]): Json {
  const inner = names.map((name) => at(value, name)).find(isObject);
  return inner === undefined ? value : (inner as Json);
}

/** By the type of the part; what is not named here is as in the interfaces themselves. */
const PARTS: Readonly<Record<string, (part: Json) => Part | undefined>> = {
  text: (part) => ({ type: "text", text: textAt(part, "content") ?? textAt(part, "text") ?? "" }),
  reasoning: (part) => ({ type: "reasoning", text: textAt(part, "content") ?? textAt(part, "text") ?? "" }),
  tool_call: (part) => callPart(part),
  "tool-call": (part) => callPart(part),
  tool_call_response: (part) => responsePart(textAt(part, "id"), at(part, "response") ?? at(part, "result")),
  "tool-result": (part) =>
    responsePart(
      textAt(part, "toolCallId"),
      at(part, "output", "value") ?? at(part, "output") ?? at(part, "result"),
    ),
  uri: (part) => ({ type: "uri", uri: textAt(part, "uri") ?? "" }),
  blob: (part) => mediaPart(part),
  image: (part) => mediaPart(part),
  file: (part) => mediaPart(part),
};

function partIn(part: Json): Part[] {
  const type = textAt(part, "type") ?? "";
  const read = Object.hasOwn(PARTS, type) ? PARTS[type]?.(part) : undefined;
  return read === undefined ? contentParts([part]) : [read];
}

function mediaPart(part: Json): Part | undefined {
  const url = textAt(part, "image", "image", "url") ?? textAt(part, "image", "url") ?? textAt(part, "image");
  const data = url ?? textAt(part, "data") ?? textAt(part, "content");
  if (data === undefined) return undefined;
  if (/^https?:/.test(data)) return { type: "uri", uri: data };
  const mediaType = textAt(part, "mime_type") ?? textAt(part, "mediaType") ?? "";
  return blobOf(data) ?? blobOf(`data:${mediaType};base64,${data}`);
}

/** As the conventions write it, OpenAI, or the AI SDK. */
export function callPart(call: Json): Part {
  const id = textAt(call, "id") ?? textAt(call, "toolCallId");
  const name = textAt(call, "function", "name") ?? textAt(call, "name") ?? textAt(call, "toolName");
  const args =
    at(call, "function", "arguments") ?? at(call, "arguments") ?? at(call, "input") ?? at(call, "args");
  if (args === undefined || typeof args === "string") return toolCall({ id, name }, args ?? "");
  return { ...toolCall({ id, name }, ""), ...given({ arguments: args as Json }) };
}
