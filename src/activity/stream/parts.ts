/** Parts of messages as the interfaces write them. */
import { given } from "../../units/given.ts";
import { isList, type Json } from "../../units/json.ts";
import { blobOf } from "../content/blob.ts";
import type { ModelAnswer, Part } from "../format/run.ts";
import { toolCall } from "./assembly.ts";
import { at, textAt } from "./fields.ts";

/** A content: a text, or a list of parts; nothing else has parts. */
export function contentParts(content: unknown): Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  return isList(content) ? content.map(contentPart) : [];
}

function contentPart(part: Json): Part {
  if (typeof part === "string") return { type: "text", text: part };
  const type = textAt(part, "type") ?? "";
  const text = textAt(part, "text") ?? textAt(part, "refusal");
  if (text !== undefined && type !== "thinking") return { type: "text", text };
  const [id, input] = [textAt(part, "id"), at(part, "input")];
  if (type === "thinking") return { type: "reasoning", text: textAt(part, "thinking") ?? "" };
  if (type.endsWith("tool_use"))
    return { ...toolCall({ id, name: textAt(part, "name") }, ""), ...given({ arguments: asJson(input) }) };
  if (type.endsWith("tool_result")) return responsePart(textAt(part, "tool_use_id"), at(part, "content"));
  return mediaPart(part) ?? { type: "text", text: JSON.stringify(part) };
}

/** What a tool gave, for the call with this id. */
export const responsePart = (id: string | undefined, response: unknown): Part => ({
  type: "tool_call_response",
  ...given({ id, response: asJson(response) }),
});

/** Whatever was parsed from JSON is JSON. */
const asJson = (value: unknown): Json | undefined => value as Json | undefined;

/** Pictures, sound and files, inside of the message or elsewhere. */
function mediaPart(part: Json): Part | undefined {
  const url =
    textAt(part, "image_url", "url") ??
    textAt(part, "image_url") ??
    textAt(part, "file", "file_data") ??
    textAt(part, "source", "url");
  if (url !== undefined) return blobOf(url) ?? { type: "uri", uri: url };
  const data = textAt(part, "source", "data") ?? textAt(part, "input_audio", "data");
  if (data === undefined) return undefined;
  const format = textAt(part, "input_audio", "format");
  const mediaType = textAt(part, "source", "media_type") ?? (format && `audio/${format}`);
  return blobOf(`data:${mediaType ?? ""};base64,${data}`);
}

/** An error as the interfaces write it, or as text. */
export function errorIn(error: unknown): ModelAnswer["error"] {
  if (error === undefined || error === null) return undefined;
  if (typeof error === "string") return { class: "error", text: error };
  const kind = textAt(error, "type") ?? textAt(error, "code") ?? "error";
  return { class: kind, text: textAt(error, "message") ?? JSON.stringify(error) };
}
