import { isKind } from "../../contract/errors.ts";
import { NotOpenError } from "../format/errors.ts";

/** Whether an error says nothing of a snapshot: where it lies could not be reached, or does not let it be read now. */
export const isOfPlace = (error: unknown): boolean =>
  isKind(error, "temporary", "too-large", "refused") || error instanceof NotOpenError;
