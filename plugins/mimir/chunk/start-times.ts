import { type BitReader, readVarbitInt } from "./bits.ts";

interface StartHeader {
  /** The first sample carries its start time. */
  readonly first: boolean;
  /** From which sample on each carries one; 0: none does. */
  readonly from: number;
}

/** The byte after the sample count: one bit for the first sample, seven for where the others begin. */
export function readStartHeader(bits: BitReader): StartHeader {
  const byte = bits.take(8);
  return { first: byte >= 0x80, from: byte & 0x7f };
}

/**
 * When a counter began to count, for each sample of a chunk that carries it, as a distance from the time of the sample before.
 * Source: prometheus `tsdb/chunkenc/st.go`.
 */
export class StartTimes {
  /** The current sample's start time, ms; 0 when unknown. */
  start = 0;
  private distance = 0;
  private readonly header: StartHeader;

  constructor(header: StartHeader) {
    this.header = header;
  }

  /** True when the first sample, at `time`, has a start time. */
  readFirst(bits: BitReader, time: number): boolean {
    if (this.header.first) this.start = time - bits.varint();
    return this.header.first;
  }

  /** @param before the time of the sample before, ms */
  read(bits: BitReader, index: number, before: number): void {
    const { from } = this.header;
    if (from === 0 || index < from) return;
    const change = Number(readVarbitInt(bits));
    this.distance = index === from ? change : this.distance + change;
    this.start = before - this.distance;
  }
}
