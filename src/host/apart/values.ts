/**
 * Values that cross between two processes: JSON, plus what JSON cannot hold or holds inefficiently (times as bigint, bytes,
 * long texts, NaN, numbers in their original spelling). Anything that is not data (a function, a cycle) does not cross.
 */
declare global {
  interface JSON {
    isRawJSON(value: unknown): boolean;
  }
}

// A plugin may change globals in its process, so references to the originals are kept.
const { stringify, parse, rawJSON, isRawJSON } = JSON;

/** A value in transit: its JSON, and the bytes that the JSON refers to. */
export interface Packed {
  readonly json: string;
  readonly parts: readonly Uint8Array[];
}

/** Longer texts cross as bytes, so that they need no escaping. characters */
const INLINE_MAX = 1024;
const DEPTH_MAX = 100;
/** The member that marks an object in transit as a stand-in for something else. */
const MARK = "$";

/** The value is not data, or what arrived is not a value. */
export class NotData extends Error {
  override readonly name = "NotData";
}

/** @throws NotData */
export function pack(value: unknown): Packed {
  const parts: Uint8Array[] = [];
  let at = 0;
  const part = (kind: "bytes" | "text", bytes: Uint8Array): unknown => {
    parts.push(bytes);
    at += bytes.length;
    return { [MARK]: kind, at: at - bytes.length, length: bytes.length };
  };
  return { json: stringify(toJson(value, part, 0)), parts };
}

type Part = (kind: "bytes" | "text", bytes: Uint8Array) => unknown;

function toJson(value: unknown, part: Part, depth: number): unknown {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return value.length > INLINE_MAX && value.isWellFormed() ? part("text", Buffer.from(value)) : value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : inWords("number", value);
    case "bigint":
      return inWords("bigint", value);
    case "undefined":
      return { [MARK]: "undefined" };
    case "object":
      return value === null ? null : objectToJson(value, part, depth);
    default:
      throw new NotData(`a ${typeof value} is not JSON`);
  }
}

const inWords = (kind: string, value: number | bigint): unknown => ({
  [MARK]: kind,
  is: Object.is(value, -0) ? "-0" : `${value}`,
});

function objectToJson(value: object, part: Part, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new NotData(`it is not JSON: a circle, or deeper than ${DEPTH_MAX}`);
  if (value instanceof Uint8Array) return part("bytes", value);
  if (isRawJSON(value)) return { [MARK]: "raw", is: stringify(value) };
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const item of value) list.push(toJson(item, part, depth + 1));
    return list;
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return toJson(value.toJSON(), part, depth + 1);
  const members: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) members.push([key, toJson(member, part, depth + 1)]);
  const plain = Object.fromEntries(members);
  return Object.hasOwn(plain, MARK) ? { [MARK]: "object", is: plain } : plain;
}

/** @throws NotData when it was not made by {@link pack} */
export function unpack(json: string, data: Uint8Array): unknown {
  let read: unknown;
  try {
    read = parse(json);
  } catch {
    throw new NotData("it is not JSON");
  }
  return fromJson(read, data, 0);
}

function fromJson(value: unknown, data: Uint8Array, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEPTH_MAX + 1) throw new NotData(`it is deeper than ${DEPTH_MAX}`);
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const item of value) list.push(fromJson(item, data, depth + 1));
    return list;
  }
  if (Object.hasOwn(value, MARK)) return standsFor(value, data, depth);
  return membersOf(value, data, depth);
}

function membersOf(value: object, data: Uint8Array, depth: number): unknown {
  const members: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) members.push([key, fromJson(member, data, depth + 1)]);
  return Object.fromEntries(members);
}

function standsFor(value: object, data: Uint8Array, depth: number): unknown {
  const kind: unknown = Reflect.get(value, MARK);
  const is: unknown = Reflect.get(value, "is");
  if (kind === "undefined") return undefined;
  if (kind === "bytes") return partOf(value, data);
  if (kind === "text") return textOf(partOf(value, data));
  if (kind === "object" && typeof is === "object" && is !== null) return membersOf(is, data, depth);
  if (typeof is === "string") {
    if (kind === "number") return Number(is);
    if (kind === "bigint" && /^-?\d{1,40}$/.test(is)) return BigInt(is);
    if (kind === "raw" && is.length < INLINE_MAX) return rawJSON(is);
  }
  throw new NotData(`${stringify(kind)} is not a kind of value`);
}

function partOf(value: object, data: Uint8Array): Uint8Array {
  const at: unknown = Reflect.get(value, "at");
  const length: unknown = Reflect.get(value, "length");
  const fits = Number.isSafeInteger(at) && Number.isSafeInteger(length);
  if (!fits || typeof at !== "number" || typeof length !== "number" || at < 0 || length < 0)
    throw new NotData("it points to no bytes");
  if (at + length > data.length) throw new NotData("it points beyond its bytes");
  return data.subarray(at, at + length);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
