import { SnapshotError } from "../../snapshot/format/errors.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";

/** Errors lose their class on their way from another process. @returns one that the engine knows by its class */
export function asThrownHere(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "SnapshotError") return error;
  return new SnapshotError(error.message, given({ hint: hintOf(error) }));
}
