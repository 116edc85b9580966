/** What was said in a run, wherever its span carries it. */
import type { Span, SpanEvent } from "../../otlp/trace.ts";
import { isList, type Json } from "../../units/json.ts";
import { numbersBlob } from "../content/blob.ts";
import type { Message, Part } from "../format/run.ts";
import { at } from "../stream/fields.ts";
import { callPart, messagesIn, partsIn } from "./messages.ts";
import { CHOICE_EVENT, MESSAGE_EVENTS, NAMES } from "./names.ts";
import { type SpanWords, wordsOf } from "./words.ts";

/** Both sides of a run. */
interface Said {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

/** What was asked and answered. */
export function saidInSpan({ events }: Span, words: SpanWords, operation: string): Said {
  const asked = inputOf(events, words);
  if (operation === "embeddings") return { input: merged(asked), output: vectorsOf(words) };
  const instructions = partsIn(words.json(NAMES.instructions));
  const lead: Message[] = instructions.length === 0 ? [] : [{ role: "system", parts: instructions }];
  return { input: [...lead, ...asked], output: outputOf(events, words) };
}

const inputOf = (events: readonly SpanEvent[], words: SpanWords): Message[] =>
  firstOf([
    () => eventMessages(events, MESSAGE_EVENTS),
    ...NAMES.input.map((name) => () => messagesIn(words.json([name]), "user")),
  ]);

const outputOf = (events: readonly SpanEvent[], words: SpanWords): Message[] =>
  firstOf([
    ...NAMES.output.map((name) => () => messagesIn(words.json([name]), "assistant")),
    () => eventMessages(events, { [CHOICE_EVENT]: "assistant" }),
    () => inPieces(words),
    ...NAMES.outputAtLast.map((name) => () => messagesIn(words.json([name]), "assistant")),
  ]);

function firstOf(looks: readonly (() => Message[])[]): Message[] {
  for (const look of looks) {
    const found = look();
    if (found.length > 0) return found;
  }
  return [];
}

/** Each is an event, with the message as JSON or as attributes of its own. */
const eventMessages = (events: readonly SpanEvent[], roles: Readonly<Record<string, string>>): Message[] =>
  events.flatMap(({ name, attributes }) => {
    const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
    if (role === undefined) return [];
    const words = wordsOf(attributes);
    const own = Object.fromEntries(attributes.map(({ key }) => [key, words.json([key])]));
    return messagesIn(words.json(NAMES.eventBody) ?? own, role);
  });

/** The AI SDK has an attribute for each kind of part. */
function inPieces(words: SpanWords): Message[] {
  const thought = words.text(NAMES.outputReasoning);
  const calls = words.json(NAMES.outputCalls);
  const parts: Part[] = [
    ...(thought === undefined ? [] : [{ type: "reasoning" as const, text: thought }]),
    ...partsIn(words.text(NAMES.outputText)),
    ...(isList(calls) ? calls.map(callPart) : []),
  ];
  return parts.length === 0 ? [] : [{ role: "assistant", parts }];
}

/** Texts of which vectors are made are one request. */
const merged = (messages: readonly Message[]): Message[] =>
  messages.length === 0 ? [] : [{ role: "user", parts: messages.flatMap(({ parts }) => parts) }];

function vectorsOf(words: SpanWords): Message[] {
  const found = words.json(NAMES.vectors);
  const each = isList(found) && typeof found[0] !== "number" ? found : [found];
  const parts = each.map(vectorIn).flatMap((vector) => (isList(vector) ? [numbersBlob(vector)] : []));
  return parts.length === 0 ? [] : [{ role: "assistant", parts }];
}

const vectorIn = (one: Json | undefined): unknown => at(one, "embedding", "vector") ?? one;
