/** Answers of models, as their bytes come by. */
import { type AnswerRead, dialectOf, readAnswer, readAsked } from "../../../src/activity/stream/exchange.ts";

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const dialect = (path: string) => {
  const found = dialectOf(path);
  if (found === undefined) throw new Error(`${path} asks no model`);
  return found;
};

export function answer(
  path: string,
  body: unknown,
  mediaType = "application/json",
  size = 1 << 20,
): AnswerRead {
  const reader = readAnswer(dialect(path), mediaType);
  const all = bytes(body);
  for (let at = 0; at < all.length; at += size) reader.take(all.slice(at, at + size));
  return reader.end();
}

export const streamed = (path: string, events: readonly unknown[], size?: number): AnswerRead =>
  answer(path, stream(events), "text/event-stream; charset=utf-8", size);

const stream = (events: readonly unknown[]): string =>
  events.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join("");

export const named = (events: readonly { readonly type: string }[]): string =>
  events.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join("");

export const asked = (path: string, body: unknown) => readAsked(dialect(path), JSON.stringify(body));
