/** The only place that prints JSON. */
import type * as v from "valibot";
import { FAILURE } from "../results/program.ts";
import { inFull, type Result, type ValueOf } from "../results/result.ts";
import { errorJson } from "../terminal/show-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Call } from "./command.ts";

/** Prints a result as one of the shapes that the command declares, to stdout, where nothing else may then go. */
export const printResult = <Schema extends v.GenericSchema>(
  { terminal }: Pick<Call, "terminal">,
  result: Result<Schema>,
  value: ValueOf<Result<Schema>> & object,
): void =>
  terminal.print(...JSON.stringify(inFull(result, value), null, result.isVerbatim ? 0 : 2).split("\n"));

/** The same on one line, where more of them may follow. */
export const printResultLine = <Schema extends v.GenericSchema>(
  { terminal }: Pick<Call, "terminal">,
  result: Result<Schema>,
  value: ValueOf<Result<Schema>> & object,
): void => terminal.print(JSON.stringify(inFull(result, value)));

/** Prints an error in the place of a result. */
export const printFailure = ({ print }: Pick<Terminal, "print">, error: unknown): void =>
  print(JSON.stringify(inFull(FAILURE, errorJson(error))));
