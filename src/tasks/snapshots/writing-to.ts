import { ownIdentity } from "../../audit/journal/identity.ts";
import { shareTombstones } from "../../copies/erased/share.ts";
import type { Place } from "../../copies/place/place.ts";
import type { StraightOptions } from "../../copies/straight/options.ts";
import { encryptedTo } from "../../copies/write/encrypted.ts";
import { asItIs, type StoredForm } from "../../copies/write/outgoing.ts";
import { messageOf } from "../../units/message-of.ts";
import { fromMs, toRfc3339 } from "../../units/range.ts";
import { VERSION } from "../../version.ts";
import type { TaskContext } from "../task/task.ts";
import { signingKey } from "./signing-key.ts";

/**
 * How a place is written to, file by file or straight: in which form, signed by which key, in whose name. First it gets what it lacks
 * of the list of what was erased.
 * @throws TrailError
 */
export async function writingTo(place: Place, context: TaskContext): Promise<StraightOptions> {
  const key = await signingKey(context);
  const { user, host } = ownIdentity();
  const form = formIn(place, key);
  await shareErasures(place, form, context);
  return {
    place,
    form,
    key,
    by: { tool: `contextcore ${VERSION}`, host, user },
    now: () => toRfc3339(fromMs(Date.now())),
    signal: context.signal,
  };
}

const formIn = ({ recipients }: Place, key: Parameters<typeof encryptedTo>[1]): StoredForm =>
  recipients.length === 0 ? asItIs : encryptedTo(recipients, key);

/** Gives a place what it lacks of the list of what was erased. @throws TombstoneError; PluginError; TrailError */
export async function giveErasures(place: Place, context: TaskContext): Promise<void> {
  await shareTombstones(context.config, place, formIn(place, await signingKey(context)));
}

/** Data that is not saved is the greater loss: so a list that cannot be read or written is told, and stops no copy. */
async function shareErasures(
  place: Place,
  form: StoredForm,
  { config, signal, warn }: TaskContext,
): Promise<void> {
  try {
    await shareTombstones(config, place, form);
  } catch (error) {
    signal.throwIfAborted();
    warn(`${place.name} did not get the list of what was erased: ${messageOf(error)}`);
  }
}
