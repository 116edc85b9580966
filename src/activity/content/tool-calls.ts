/** The tools that a run asks for, and the results that it brings of what an earlier one asked for. */
import { given } from "../../units/given.ts";
import type { Json } from "../../units/json.ts";
import type { Message, ToolCallPart } from "../format/run.ts";

/** What a tool gave for a call, known by its id. */
export interface ToolAnswer {
  readonly id: string;
  readonly response?: Json;
  /** The call as the same request repeats it; absent: it does not. */
  readonly call?: ToolCallPart;
}

/** Those that the model asks for. */
export const callsIn = (output: readonly Message[]): ToolCallPart[] =>
  output.flatMap(({ parts }) => parts.filter((part) => part.type === "tool_call"));

/** Those whose results are sent; each repeats the ones before it, since a request has the whole conversation. */
export function answersIn(input: readonly Message[]): ToolAnswer[] {
  const calls = new Map<string, ToolCallPart>();
  const answers: ToolAnswer[] = [];
  for (const part of input.flatMap(({ parts }) => parts)) {
    if (part.type === "tool_call" && part.id !== undefined) calls.set(part.id, part);
    if (part.type !== "tool_call_response" || part.id === undefined) continue;
    const call = calls.get(part.id);
    answers.push({ id: part.id, ...given({ call }), ...("response" in part && { response: part.response }) });
  }
  return answers;
}
