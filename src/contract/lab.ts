/** A look-alike of a plugin's server, for `contextcore plugin check`: what the file `lab.ts` beside a plugin exports. */
import type { FindRequest } from "./erasure.ts";

/** Answers requests as the real server does, from memory. */
export interface LabServer {
  /** Any path and method; what it throws is a 500. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** For a sink: the events that have arrived, as the lines they were sent as, oldest first. */
  readonly arrived?: () => readonly string[];
}

/** The servers that a plugin is checked against. */
export interface Lab {
  /** With a little data that does not change: exports are compared with each other. */
  readonly filled: () => LabServer | Promise<LabServer>;
  /** Somebody whose data `filled` holds, for a backend that finds and erases it: after that rule it is gone. */
  readonly subject?: Pick<FindRequest, "id" | "where">;
  /** Without data, for what is restored. Left out when nothing can be. */
  readonly empty?: () => LabServer | Promise<LabServer>;
}

/** Declares a lab; gives its type, changes nothing. */
export const defineLab = (lab: Lab): Lab => lab;
