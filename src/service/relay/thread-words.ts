/** What the relay and the thread that notes what passes say to one another. */
import type { KeptContent } from "../../activity/content/keep.ts";
import type { WritingState } from "../../activity/database/queue.ts";
import type { AnswerHead, Origin, PassageEnd } from "./recording.ts";

/** To the thread. `number` is that of an exchange. */
export type ToThread =
  | { readonly say: "open"; readonly path: string; readonly content: KeptContent }
  | { readonly say: "begin"; readonly number: number; readonly path: string; readonly origin: Origin }
  | {
      readonly say: "asked";
      readonly number: number;
      readonly body: Uint8Array | undefined;
      readonly bytes: number;
    }
  | { readonly say: "answered"; readonly number: number; readonly head: AnswerHead }
  | { readonly say: "take"; readonly number: number; readonly bytes: Uint8Array; readonly at: number }
  | { readonly say: "skip"; readonly number: number; readonly bytes: number }
  | { readonly say: "end"; readonly number: number; readonly ending: PassageEnd; readonly ended: number }
  | { readonly say: "close"; readonly limitMs: number };

/** From the thread. */
export type FromThread =
  /** `taken`: bytes that it was sent and has read. */
  | { readonly say: "state"; readonly state: WritingState; readonly taken: number }
  | { readonly say: "noted"; readonly number: number }
  | { readonly say: "lost"; readonly upstream: string }
  | { readonly say: "aside"; readonly aside: string }
  | { readonly say: "closed" };
