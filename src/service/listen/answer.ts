import type * as v from "valibot";
import { inFull, type Result, type ValueOf } from "../../results/result.ts";

/** A result as the command line prints it, on one line. */
export const answerOf = <Schema extends v.GenericSchema>(
  result: Result<Schema>,
  value: ValueOf<Result<Schema>> & object,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response =>
  new Response(`${JSON.stringify(inFull(result, value))}\n`, {
    status,
    headers: { ...headers, "Content-Type": "application/json" },
  });

/** A result that is JSON already. */
export const answerText = (text: string): Response =>
  new Response(`${text}\n`, { headers: { "Content-Type": "application/json" } });
