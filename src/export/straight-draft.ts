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
import { elsewhere } from "./workers/elsewhere.ts";
import type { Workers } from "./workers/workers.ts";

/** What it is made from. */
export interface StraightDraftOptions extends Pick<Draft, "earlier"> {
  readonly into: StraightOptions;
  readonly begun: StraightExport;
  readonly request: SnapshotRequest;
  readonly state: StraightState;
  /** Processes that run steps. Absent: this one runs them all. */
  readonly workers?: Workers;
}

/** The folder in the place, which is a snapshot once its `copy.json` is there. Dispose of it at the end. */
export function straightDraft({
  into,
  begun,
  request,
  state,
  earlier,
  workers,
}: StraightDraftOptions): Draft & Disposable {
  const { place } = into;
  const { name } = begun;
  const held = place.recipients.length === 0 ? undefined : createHeldParts();
  const { files, canRead } = readBack({ place, name, state, held });
  const onPart = held?.add;
  return {
    name: place.shown(name),
    open: async () => {
      const writer = straightWriter({ ...into, ...begun, request, state, ...given({ onPart }) });
      return { writer, ...(workers && { elsewhere: elsewhere(workers, writer) }) };
    },
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
