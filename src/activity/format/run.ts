/**
 * One request to a model and its answer, whichever interface it went through. The names of a message's parts are those of
 * OpenTelemetry's GenAI conventions. What is not known is absent, and never 0.
 */
import type { Json } from "../../units/json.ts";

/** A part of a message. */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | ToolCallPart
  | { readonly type: "tool_call_response"; readonly id?: string; readonly response?: Json }
  | BlobPart
  | { readonly type: "uri"; readonly uri: string };

/** The model asks for a tool. */
export interface ToolCallPart {
  readonly type: "tool_call";
  readonly id?: string;
  readonly name: string;
  /** As JSON; as text where it is none. */
  readonly arguments?: Json;
}

/** Bytes that are not kept: pictures, sound, embeddings. */
export interface BlobPart {
  readonly type: "blob";
  readonly mediaType?: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** What one side said. */
export interface Message {
  /** `system`, `user`, `assistant`, `tool`, or what else the interface calls it. */
  readonly role: string;
  readonly parts: readonly Part[];
}

/** How many tokens there were, as far as somebody said so. */
export interface Tokens {
  /** All that was read, from a cache or not. */
  readonly input?: number;
  readonly output?: number;
  /** Of `input`, those that came from a cache. */
  readonly cached?: number;
  /** Of `output`, those that nobody was shown. */
  readonly reasoning?: number;
}

/** What a request says. */
export interface Asked {
  readonly model?: string;
  readonly input: readonly Message[];
  readonly isStream: boolean;
  /** Who the caller says that it asks for. */
  readonly user?: string;
}

/** What is known of an answer, whole or not. */
export interface ModelAnswer {
  readonly model?: string;
  readonly output: readonly Message[];
  readonly tokens: Tokens;
  readonly finishReason?: string;
  /** `class` is a word, such as `overloaded_error`. */
  readonly error?: { readonly class: string; readonly text: string };
}
