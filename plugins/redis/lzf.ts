import { PluginError } from "contextcore";

/** Text that a server compressed with LZF, as it was. @param length how long it was, bytes @throws PluginError `invalid` */
export function decompressLzf(bytes: Uint8Array, length: number): Buffer {
  const out = Buffer.alloc(length);
  let [at, to] = [0, 0];
  const byte = (): number => bytes[at++] ?? 0;
  while (at < bytes.length) {
    const control = byte();
    if (control < 32) {
      const end = at + control + 1;
      if (to + control + 1 > length || end > bytes.length) throw DAMAGED();
      out.set(bytes.subarray(at, end), to);
      to += control + 1;
      at = end;
      continue;
    }
    const run = control >> 5;
    const more = run === 7 ? byte() : 0;
    const from = to - ((control & 31) << 8) - byte() - 1;
    const count = run + more + 2;
    if (from < 0 || to + count > length) throw DAMAGED();
    // The run may overlap what it repeats.
    for (let n = 0; n < count; n += 1) out[to + n] = out[from + n] ?? 0;
    to += count;
  }
  if (to !== length) throw DAMAGED();
  return out;
}

const DAMAGED = (): PluginError =>
  new PluginError("invalid", "the dump is damaged: a compressed text is not whole");
