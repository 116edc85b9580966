/** What is answered beside the routes: other protocols, each below a path of its own. */

import type { Sender } from "./origin.ts";
import type { Requester } from "./route.ts";

/** A request to a door. */
interface DoorRequest extends Sender {
  readonly request: Request;
  /** As the request's URL has it. */
  readonly pathname: string;
  /** The id of the request. */
  readonly id: string;
  /** Is to be called once it is known who asks. */
  calls(actor: Requester): void;
  /** The answer may be quiet for as long as it likes. */
  mayBeQuiet(): void;
}

/**
 * Answers every path that begins with its prefix, in its own way. It demands a token in each request and takes no cookie, so a
 * foreign page has nothing to gain there, whichever name it found for this address.
 */
export interface Door {
  /** `/relay/`. */
  readonly prefix: string;
  /** The path as it is told to people, where it may hold a secret. */
  shownPath?(pathname: string): string;
  /** How a failure is told in its protocol; default: problem details. @param id the request's */
  problem?(error: unknown, id: string): Response;
  /** @throws what is answered so */
  answer(request: DoorRequest): Promise<Response>;
}
