/** The store's `write`: by one call, in parts, and in parts only if the object is absent. */
import { type Ask, askedOnce, type NewObject, requireObjectName, type Store } from "contextcore";
import type { Bucket } from "./bucket.ts";
import { type Buffers, createBuffers } from "./buffers.ts";
import { requireReplaceable } from "./lock.ts";
import { writeInParts } from "./multipart.ts";
import type { Remover } from "./remove.ts";
import { sha256Of } from "./sign.ts";
import { statOf } from "./stat.ts";
import { withTicket } from "./ticket.ts";
import { type Written, writeWhole } from "./write.ts";

/** A larger object is written in parts. A block of a snapshot fits, also when it is encrypted. */
const WHOLE_BYTES_MAX = 9 << 20;

/** What a bucket does with conditions is found out once, where it matters. */
export function createWriter(bucket: Bucket, remover: Remover): Store["write"] {
  const buffers = createBuffers(WHOLE_BYTES_MAX);
  const heedsAtEnd = askedOnce((signal) => isHeededAtEnd({ bucket, remover, buffers }, signal));
  const writeLargeOnce = async (object: NewObject, signal: AbortSignal): Promise<Written> => {
    if ((await statOf(bucket, object.name, signal)) !== undefined) return "there already";
    const ticketed = { name: object.name, signal, removeKey: remover.removeKey };
    return whileAsking(heedsAtEnd, signal, (heeds, own) =>
      writeInParts(bucket, object, {
        buffers,
        signal: own,
        ending: async (end) => ((await heeds) ? end() : withTicket(bucket, ticketed, end)),
      }),
    );
  };
  return async (object, signal) => {
    const name = requireObjectName(object.name);
    if (!object.ifAbsent) await requireReplaceable(bucket, name, signal);
    if (object.size <= WHOLE_BYTES_MAX) return writeWhole(bucket, object, { buffers, signal });
    return object.ifAbsent
      ? writeLargeOnce(object, signal)
      : writeInParts(bucket, object, { buffers, signal });
  };
}

/** Does work that needs the answer only at its end, and ends it where there is none. @throws what the work or the question throws */
async function whileAsking<Answer, Result>(
  ask: Ask<Answer>,
  signal: AbortSignal,
  work: (answer: Promise<Answer>, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const unanswered = new AbortController();
  const answer = ask(signal);
  const settled = answer.then(
    () => undefined,
    (error) => unanswered.abort(error),
  );
  try {
    return await work(answer, AbortSignal.any([signal, unanswered.signal]));
  } finally {
    // What a question leaves behind is cleared away by the time that anybody goes on.
    await settled;
  }
}

/** Whether an upload in parts ends only if the object is absent: Amazon's does, Ceph's does not. */
async function isHeededAtEnd(
  { bucket, remover, buffers }: { bucket: Bucket; remover: Remover; buffers: Buffers },
  signal: AbortSignal,
): Promise<boolean> {
  const name = `contextcore-probe-${crypto.randomUUID()}`;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(name);
  }
  const probe = (): NewObject => ({ name, size: name.length, sha256: sha256Of(name), bytes: bytes() });
  try {
    await writeWhole(bucket, probe(), { buffers, signal });
    return (
      (await writeInParts(bucket, { ...probe(), ifAbsent: true }, { buffers, signal })) === "there already"
    );
  } finally {
    await remover.removeObject(name, signal);
  }
}
