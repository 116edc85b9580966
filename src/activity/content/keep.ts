/** What of an exchange is kept: no secrets, no bytes, and not more than there is room for. */
import { redactedValue } from "../../redact/json.ts";
import { BLOT } from "../../redact/rules.ts";
import { redactedText } from "../../redact/text.ts";
import { given } from "../../units/given.ts";
import { isList, type Json } from "../../units/json.ts";
import type { Message, Part, ToolCallPart } from "../format/run.ts";
import { blobOf, numbersBlob } from "./blob.ts";
import { label } from "./labels.ts";
import { answersIn, callsIn, type ToolAnswer } from "./tool-calls.ts";

/** `none`: what was said is not kept, only that it was. `redacted`: without what looks like a secret. `full`: as it was. */
export type KeptContent = "none" | "redacted" | "full";

/** How much text of one run is kept, bytes of UTF-8. */
const KEPT_MAX = 4 << 20;

/** No secret is longer. Characters */
const SECRET_MAX = 16_384;

/** So much of a text is looked at: whoever cuts it before cuts no earlier. Characters */
export const LOOKED_AT_MAX = KEPT_MAX + SECRET_MAX;

/** What is kept of one run. */
export interface Kept {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
  readonly calls: readonly ToolCallPart[];
  readonly answers: readonly ToolAnswer[];
  /** How many secrets were blotted out. */
  readonly redactions: number;
  /** How much was left out for its size, bytes. */
  readonly cutBytes: number;
}

/** The answer counts for more than what led to it, and there the newest for more than what was said before. */
export function kept(
  { input, output }: Pick<Kept, "input" | "output">,
  content: KeptContent,
  most = KEPT_MAX,
): Kept {
  const keeper = createKeeper(content, most);
  if (content === "none") return namesOnly(input, output, keeper);
  const answer = output.map(keeper.message);
  const question = [...input].reverse().map(keeper.message).reverse();
  const [calls, answers] = [callsIn(answer), answersIn(question)];
  return { input: question, output: answer, calls, answers, ...keeper.counts() };
}

/** One text, such as that of an error, which may repeat what was said. */
export function keptText(text: string, content: KeptContent): string {
  if (content === "none") return "";
  return content === "full" ? text : redactedText(text);
}

/** Which tools were asked for and answered, and nothing of what was said to them. */
const namesOnly = (
  input: readonly Message[],
  output: readonly Message[],
  { name, counts }: ReturnType<typeof createKeeper>,
): Kept => ({
  ...{ input: [], output: [] },
  calls: callsIn(output).map((call) => ({
    type: call.type,
    ...given({ id: call.id && name(call.id) }),
    name: name(call.name),
  })),
  answers: answersIn(input).map(({ id }) => ({ id: name(id) })),
  ...counts(),
});

function createKeeper(content: KeptContent, most: number) {
  let [left, redactions, cutBytes] = [most, 0, 0];

  const fits = (bytes: number): boolean => {
    const does = bytes <= left;
    if (does) left -= bytes;
    return does;
  };

  const text = (said: string): string => {
    // A secret that reaches beyond the cut is still recognised as a whole.
    const all = withoutBytes(said.toWellFormed());
    const short = all.slice(0, left + SECRET_MAX);
    const clean = content === "full" ? short : redactedText(short);
    redactions += blots(clean) - blots(short);
    const beyond = Buffer.byteLength(all.slice(left + SECRET_MAX));
    const bytes = Buffer.byteLength(clean);
    if (beyond === 0 && fits(bytes)) return clean;
    // What is still beyond the cut after blotting may be half of one.
    const sure = all.length < left + SECRET_MAX ? clean : clean.slice(0, -SECRET_MAX);
    const part = Buffer.from(sure)
      .subarray(0, left)
      .toString()
      .replace(/\uFFFD$/, "");
    cutBytes += bytes - Buffer.byteLength(part) + beyond;
    left = 0;
    return part;
  };

  /** One value is kept as a whole, or not at all: half of it would be no JSON. */
  const value = (said: Json): Json => {
    const short = withoutVectors(said);
    const clean = content === "full" ? short : redactedValue(short);
    const written = JSON.stringify(clean);
    redactions += blots(written) - blots(JSON.stringify(short));
    const bytes = Buffer.byteLength(written);
    if (fits(bytes)) return clean;
    cutBytes += bytes;
    return null;
  };

  /** A name is no place for what was said. */
  const name = (said: string): string => {
    const short = label(said);
    const clean = content === "full" ? short : redactedText(short);
    redactions += blots(clean) - blots(short);
    return clean;
  };

  const part = (one: Part): Part => {
    if (one.type === "text" || one.type === "reasoning") return { ...one, text: text(one.text) };
    if (one.type === "uri") return { ...one, uri: text(one.uri) };
    if (one.type === "blob")
      return {
        ...one,
        sha256: name(one.sha256),
        ...given({ mediaType: one.mediaType && name(one.mediaType) }),
      };
    const id = given({ id: one.id && name(one.id) });
    if (one.type === "tool_call")
      return { ...one, ...id, name: name(one.name), ...given({ arguments: jsonOrText(one.arguments) }) };
    return { ...one, ...id, ...given({ response: jsonOrText(one.response) }) };
  };

  const jsonOrText = (said: Json | undefined): Json | undefined =>
    said === undefined ? said : typeof said === "string" ? text(said) : value(said);

  return {
    name,
    message: ({ role, parts }: Message): Message => ({ role: name(role), parts: parts.map(part) }),
    counts: () => ({ redactions, cutBytes }),
  };
}

const blots = (text: string): number => text.split(BLOT).length - 1;

/** Short ones are words, not bytes. */
const BASE64 = /data:[\w/.+-]{0,100}(?:;[\w=.+-]{1,100}){0,5};base64,[A-Za-z\d+/_-]{64,}={0,2}/g;
const ONLY_BASE64 = /^[A-Za-z\d+/_-]+={0,2}$/;

function withoutBytes(text: string): string {
  if (text.length > 1_024 && ONLY_BASE64.test(text)) return named(`data:;base64,${text}`);
  return text.includes(";base64,") ? text.replace(BASE64, named) : text;
}

function named(url: string): string {
  const blob = blobOf(url);
  if (blob === undefined) return url;
  const kind = blob.mediaType === undefined ? "" : `${blob.mediaType}, `;
  return `[${kind}${blob.bytes} bytes, sha256 ${blob.sha256}]`;
}

/** So many numbers in a row are a vector. */
const VECTOR_LEAST = 64;

function withoutVectors(value: Json): Json {
  if (typeof value === "string") return withoutBytes(value.toWellFormed());
  if (value === null || typeof value !== "object") return value;
  if (!isList(value)) {
    const members = Object.entries(value).map(([key, one]) => [
      key,
      one === undefined ? one : withoutVectors(one),
    ]);
    return Object.fromEntries(members);
  }
  if (value.length >= VECTOR_LEAST && value.every((one) => typeof one === "number")) {
    const { bytes, sha256 } = numbersBlob(value);
    return { bytes, sha256 };
  }
  return value.map(withoutVectors);
}
