/** Encrypting a stream of bytes to recipients, as `age -r` does. */
import { typage } from "./library.ts";

/** Encrypts the bytes for every one of the recipients. They were checked before: see `requireRecipient`. */
export async function* encryptTo(
  recipients: readonly string[],
  plain: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await typage();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  yield* await encrypter.encrypt(streamOf(plain));
}

/** Pulls a piece when one is wanted; who stops reading ends the source. */
function streamOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = bytes[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(stream) {
      const { done, value } = await pieces.next();
      if (done === true) stream.close();
      else stream.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}
