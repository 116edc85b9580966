import { isOfPlace } from "../snapshot/read/of-place.ts";
import { messageOf } from "../units/message-of.ts";

/** What is wrong with a snapshot, by the error that reading it ended with. @throws the error, if it says nothing of the snapshot */
export function flawFrom(error: unknown): string {
  if (isOfPlace(error)) throw error;
  return messageOf(error);
}
