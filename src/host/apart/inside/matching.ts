/** Parts of a restore that are answered at once within one process, and for many lines at a time across two. */
import * as v from "valibot";
import type { LineMatcher, RestoreLine } from "../../../contract/contract.ts";
import { callMethod } from "../../hooks/members.ts";
import { matchesSchema, selectSchema, someLinesSchema } from "../messages.ts";
import type { Outside } from "./outside.ts";
import { piecesFrom } from "./pieces.ts";

/** Answers one hook in the plugin's process. The arguments are as they came from the other side, unchecked. */
export type HookHandler = (args: readonly unknown[], signal: AbortSignal) => Promise<unknown>;
/** By the name of the hook. */
export type Handles = Readonly<Record<string, HookHandler>>;

/** Handlers by the name of the hook. */
export function createMatching(face: object, outside: Outside): Handles {
  const matchers = new Map<string | number, LineMatcher>();
  const read = async (match: string): Promise<LineMatcher> => {
    const matcher = asMatcher(await callMethod(face, "restore.matcher", [match]));
    matchers.set(match, matcher);
    return matcher;
  };
  return {
    "restore.rank": async ([files]) =>
      Promise.all(
        v.parse(v.array(v.string()), files).map((file) => callMethod(face, "restore.rank", [file])),
      ),
    async "restore.matcher"([input]) {
      const { by, lines, file } = v.parse(matchesSchema, input);
      const found = matchers.get(by) ?? (typeof by === "string" ? await read(by) : undefined);
      if (found === undefined) throw new Error("the selection was lost when its process was restarted");
      return lines.map((line) => found(line, file));
    },
    async "restore.selection"([input], signal) {
      const { match, id } = v.parse(selectSchema, input);
      const everything = linesFrom(outside, id, signal);
      matchers.set(id, asMatcher(await callMethod(face, "restore.selection", [match, everything, signal])));
    },
  };
}

function asMatcher(matcher: unknown): LineMatcher {
  if (typeof matcher !== "function")
    throw new Error("it did not return a function that tells which records of a line to write");
  return (line, file) => Reflect.apply(matcher, undefined, [line, file]);
}

/** What the core shows it, some lines at a time on request. */
async function* linesFrom(outside: Outside, id: number, signal: AbortSignal): AsyncGenerator<RestoreLine> {
  for await (const some of piecesFrom(outside, id, signal)) yield* v.parse(someLinesSchema, some);
}
