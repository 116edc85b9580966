/** The draft of an export that goes straight into a place. */
import { discardStraight, finishStraight } from "../copies/straight/finish.ts";
import { createHeldParts } from "../copies/straight/held-parts.ts";
import type { StraightOptions } from "../copies/straight/options.ts";
import type { StraightExport } from "../copies/straight/plan.ts";
import { readBack } from "../copies/straight/read-back.ts";
import type { StraightState } from "../copies/straight/state.ts";
import { straightWriter } from "../copies/straight/writer.ts";
import type { SnapshotRequest } from "../snapshot/write/request.ts";
import { given } from "../units/given.ts";
import type { Draft } from "./draft.ts";
import { openCommitted } from "./reread/committed.ts";

interface StraightDraftOptions extends Pick<Draft, "earlier"> {
  readonly into: StraightOptions;
  readonly begun: StraightExport;
  readonly request: SnapshotRequest;
  readonly state: StraightState;
}

/** The folder in the place, which is a snapshot once its `copy.json` is there. Dispose of it at the end. */
export function straightDraft({
  into,
  begun,
  request,
  state,
  earlier,
}: StraightDraftOptions): Draft & Disposable {
  const { place } = into;
  const { name } = begun;
  const held = place.recipients.length === 0 ? undefined : createHeldParts();
  const { files, canRead } = readBack({ place, name, state, held });
  const onPart = held?.add;
  return {
    name: place.shown(name),
    open: async () => straightWriter({ ...into, ...begun, request, state, ...given({ onPart }) }),
    committed: (backend) => openCommitted(files, backend, canRead),
    earlier,
    async finish(claims) {
      const copy = await finishStraight(claims, { ...into, ...begun, state });
      return { path: place.shown(name), manifest: copy.manifest, copy };
    },
    discard: () => discardStraight({ ...into, ...begun }),
    [Symbol.dispose]() {
      held?.close();
      state.index.close();
    },
  };
}
