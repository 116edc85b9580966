import type { AnyValue } from "../../otlp/trace.ts";
import type { Json } from "../../units/json.ts";

/** An attribute's value; numbers that JSON cannot hold, and bytes, are texts. */
export function jsonOf(value: AnyValue): Json {
  if (value.kind === "none") return null;
  if (value.kind === "string" || value.kind === "bool") return value.value;
  if (value.kind === "int")
    return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : String(value.value);
  if (value.kind === "double") return Number.isFinite(value.value) ? value.value : String(value.value);
  if (value.kind === "bytes") return Buffer.from(value.value).toString("base64");
  if (value.kind === "array") return value.value.map(jsonOf);
  return Object.fromEntries(value.value.map(({ key, value: member }) => [key, jsonOf(member)]));
}
