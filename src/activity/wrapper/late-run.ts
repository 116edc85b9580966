/** A run of which it is not yet known what is asked. */
import { uuidv7 } from "../../units/uuid.ts";
import type { ActivityLog, NewRun, OpenRun } from "../log.ts";

/** Begins it once that is known, which nobody waits for; its times are those at which it was told. */
export function lateRun(log: ActivityLog, asked: Promise<NewRun>): OpenRun {
  const [id, started] = [uuidv7(), Date.now()];
  const begun = asked.then((run) => log.begin({ ...run, id, started }));
  // A request that cannot be read is not noted, and fails where it is sent.
  const once = (tell: (run: OpenRun) => void): void => void begun.then(tell).catch(() => undefined);
  once(() => undefined);
  return {
    id,
    firstChunk: (at = Date.now()) => once((run) => run.firstChunk(at)),
    end(how) {
      const ended = { ended: Date.now(), ...how };
      once((run) => run.end(ended));
    },
  };
}
