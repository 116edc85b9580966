/**
 * Gives the memory of these bytes back at once, where a collection would come much later. To be called where the bytes were
 * made, when nothing looks at them any more: they are empty afterwards.
 */
export function release({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
