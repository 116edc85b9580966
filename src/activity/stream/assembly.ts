/** Messages that arrive in pieces, put together again in the order in which their parts began. */

import { given } from "../../units/given.ts";
import type { Message, Part, ToolCallPart } from "../format/run.ts";
import { parsed } from "./fields.ts";

/** How much of an exchange is kept; what there is beyond it is counted. */
export interface Allowance {
  /** As much of a text as may be kept still. */
  take(text: string): string;
}

/** What is known of a tool call at once: its id and its name come with the first piece only. */
interface CallBegun {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** See {@link createAssembly}. `message` is the number of the answer, of which there may be several; `key` names one part of it. */
interface Assembly {
  text(message: number, key: string, piece: string, type?: "text" | "reasoning"): void;
  call(message: number, key: string, begun: CallBegun, piece?: string): void;
  /** A part that comes at once; of one that is too large the beginning is kept, as text. */
  whole(message: number, key: string, part: Part): void;
  /** What there is of the call's arguments. */
  hasPieces(message: number, key: string): boolean;
  messages(): Message[];
}

interface Growing {
  readonly type: "text" | "reasoning" | "tool_call";
  readonly pieces: string[];
  begun: CallBegun;
  /** It came at once. */
  whole?: Part;
}

/** So many parts are kept: a stream could name a new one with each event. */
const PARTS_MAX = 20_000;

/** Nothing has come yet. */
export function createAssembly(allowance: Allowance): Assembly {
  const messages = new Map<number, Map<string, Growing>>();
  let parts = 0;

  const growing = (message: number, key: string, type: Growing["type"]): Growing | undefined => {
    const all = messages.get(message) ?? new Map<string, Growing>();
    const known = all.get(key);
    if (known !== undefined || parts >= PARTS_MAX) return known;
    const made: Growing = { type, pieces: [], begun: {} };
    parts += 1;
    messages.set(message, all.set(key, made));
    return made;
  };

  return {
    text(message, key, piece, type = "text") {
      if (piece !== "") growing(message, key, type)?.pieces.push(allowance.take(piece));
    },
    call(message, key, { id, name }, piece = "") {
      const part = growing(message, key, "tool_call");
      if (part === undefined) return;
      part.begun = { id: part.begun.id ?? id, name: part.begun.name ?? name };
      part.pieces.push(allowance.take(piece));
    },
    whole(message, key, part) {
      const place = growing(message, key, "text");
      if (place === undefined) return;
      const json = JSON.stringify(part);
      const room = allowance.take(json);
      if (room.length === json.length) place.whole = part;
      else place.pieces.push(room);
    },
    hasPieces: (message, key) =>
      messages
        .get(message)
        ?.get(key)
        ?.pieces.some((piece) => piece !== "") ?? false,
    messages: () =>
      [...messages]
        .sort(([a], [b]) => a - b)
        .map(([, all]) => ({ role: "assistant", parts: [...all.values()].map(partOf) })),
  };
}

function partOf({ type, pieces, begun, whole }: Growing): Part {
  if (whole !== undefined) return whole;
  const text = pieces.join("");
  return type === "tool_call" ? toolCall(begun, text) : { type, text };
}

/** A call as a part, its arguments as JSON where they are. No text at all: there are none. */
export function toolCall({ id, name = "" }: CallBegun, text: string): ToolCallPart {
  const args = text === "" ? {} : (parsed(text) ?? text);
  return { type: "tool_call", ...given({ id }), name, arguments: args };
}
