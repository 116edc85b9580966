import { ownIdentity } from "../../audit/journal/identity.ts";
import type { Place } from "../../copies/place/place.ts";
import type { StraightOptions } from "../../copies/straight/options.ts";
import { encryptedTo } from "../../copies/write/encrypted.ts";
import { asItIs } from "../../copies/write/outgoing.ts";
import { fromMs, toRfc3339 } from "../../units/range.ts";
import { VERSION } from "../../version.ts";
import type { Running } from "../task/task.ts";
import { signingKey } from "./signing-key.ts";

/** How a place is written to, file by file or straight: in which form, signed by which key, in whose name. @throws TrailError */
export async function writingTo(place: Place, running: Running): Promise<StraightOptions> {
  const key = await signingKey(running);
  const { user, host } = ownIdentity();
  return {
    place,
    form: place.recipients.length === 0 ? asItIs : encryptedTo(place.recipients, key),
    key,
    by: { tool: `contextcore ${VERSION}`, host, user },
    now: () => toRfc3339(fromMs(Date.now())),
    signal: running.signal,
  };
}
