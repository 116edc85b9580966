/** A lab: a look-alike of a plugin's server for `contextcore plugin check`, exported by `lab.ts` beside the plugin. */
import type { FindRequest } from "./erasure.ts";

/** Answers requests from memory, as the real server does. */
export interface LabServer {
  /** Handles any path and method. If it throws, the answer is a 500. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** For a sink: the events received, as the lines that were sent, oldest first. */
  readonly arrived?: () => readonly string[];
}

/** The servers that a plugin is checked against. */
export interface Lab {
  /** A server with a little data that never changes: the check compares exports with each other. */
  readonly filled: () => LabServer | Promise<LabServer>;
  /** A person whose data `filled` holds, for a backend that finds and erases data. That rule erases it. */
  readonly subject?: Pick<FindRequest, "id" | "where">;
  /** A selector in the backend's own language that finds some of the records of `filled`, and leaves others. */
  readonly match?: string;
  /** A server without data, to restore into. Leave it out if nothing can be restored. */
  readonly empty?: () => LabServer | Promise<LabServer>;
}

/** Declares a lab: returns it unchanged, with its type. */
export const defineLab = (lab: Lab): Lab => lab;
