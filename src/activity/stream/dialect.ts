/** How one interface of models is read: what is asked, and what comes back, at once or as a stream. */
import type { Json } from "../../units/json.ts";
import type { Asked, ModelAnswer } from "../format/run.ts";
import type { Allowance } from "./assembly.ts";
import type { ServerSentEvent } from "./events.ts";

/** An answer that arrives in events. */
interface AnswerStream {
  /** @param body the event's data, where it is JSON */
  take(event: ServerSentEvent, body: Json | undefined): void;
  /** What has come so far. */
  answer(): ModelAnswer;
  /** Whether the stream has come to the end that its interface has. */
  isWhole(): boolean;
}

/** One interface, such as OpenAI's chat completions. Nothing of what it is given need be as it should be. */
export interface Dialect {
  readonly call: "chat" | "text_completion" | "embeddings";
  asked(body: Json): Asked;
  answered(body: Json): ModelAnswer;
  /** Absent: it answers at once. */
  stream?(allowance: Allowance): AnswerStream;
}
