/**
 * A face is one server of the lab: it answers requests as the real server does, from memory.
 * The lab puts HTTP, faults and ports around it.
 */
export interface Face {
  /** Answers one request; never throws. The path is that of the real server. */
  handle(request: Request): Promise<Response>;
}

/** What every face is made from. */
export interface FaceOptions {
  /** The face's clock, ns: fixed in tests, so that limits and answers are deterministic. */
  readonly now: () => bigint;
}
