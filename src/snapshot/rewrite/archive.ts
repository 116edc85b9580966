/**
 * Takes contents out of an archive in which lines name parts: what a line named that went is overwritten with zeros where it lies, so
 * that every other part stays where it is. In a tar archive, names go likewise.
 */
import type { EditedFile } from "../../storage/edited-file.ts";
import type { Blot } from "./blot.ts";
import type { ContentPart } from "./records.ts";

const ZEROS = new Uint8Array(1 << 20);

/** Overwrites parts. @returns how many */
export async function zeroParts(file: EditedFile, parts: Iterable<ContentPart>): Promise<number> {
  let zeroed = 0;
  for (const { offset, bytes } of parts) {
    const end = Math.min(file.size, offset + bytes);
    for (let at = offset; at < end; at += ZEROS.length)
      await file.write(ZEROS.subarray(0, Math.min(ZEROS.length, end - at)), at);
    if (end > offset) zeroed += 1;
  }
  return zeroed;
}

const BLOCK = 512;
const NAME = { from: 0, to: 100 } as const;
const LINK = { from: 157, to: 257 } as const;
const SUM = { from: 148, to: 156 } as const;
const TYPE = 156;
/** A header that says more of the entry after it. */
const PAX = "x".charCodeAt(0);

/** Takes texts out of the names in a tar archive. What is no archive stays. @returns in how many entries */
export async function blotNames(file: EditedFile, blot: Blot): Promise<number> {
  let changed = 0;
  let at = 0;
  while (at + BLOCK <= file.size) {
    const header = Buffer.from(await file.read(at, at + BLOCK));
    const size = sizeIn(header);
    if (size === undefined) return changed;
    const isPax = header[TYPE] === PAX;
    if (isPax && (await blotPax(file, { from: at + BLOCK, to: at + BLOCK + size }, blot))) changed += 1;
    if (blotHeader(header, blot)) {
      await file.write(header, at);
      changed += 1;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return changed;
}

/** Of the bytes that follow; `undefined` of what is no header, such as the zeros at the end. */
function sizeIn(header: Buffer): number | undefined {
  if (header.toString("latin1", 257, 262) !== "ustar") return undefined;
  const size = Number.parseInt(header.toString("latin1", 124, 136).replaceAll("\0", ""), 8);
  return Number.isSafeInteger(size) ? size : undefined;
}

function blotHeader(header: Buffer, blot: Blot): boolean {
  const changed = [NAME, LINK].filter(({ from, to }) => blotText(header.subarray(from, to), blot));
  if (changed.length === 0) return false;
  header.fill(" ", SUM.from, SUM.to);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, SUM.from, "latin1");
  return true;
}

/** Fills a text that holds something to blot out with a letter, so that it is as long as it was. */
function blotText(bytes: Buffer, blot: Blot): boolean {
  const end = bytes.indexOf(0);
  const text = bytes.subarray(0, end < 0 ? bytes.length : end);
  if (blot(text.toString()) === text.toString()) return false;
  text.fill("x");
  return true;
}

/** Each record is `LENGTH KEY=VALUE`, a line. */
async function blotPax(
  file: EditedFile,
  { from, to }: { readonly from: number; readonly to: number },
  blot: Blot,
): Promise<boolean> {
  const bytes = Buffer.from(await file.read(from, to));
  let isChanged = false;
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(bytes.toString("latin1", at, at + 20), 10);
    if (!(length > 0)) break;
    const value = bytes.indexOf("=", at) + 1;
    isChanged = (value > 0 && blotText(bytes.subarray(value, at + length - 1), blot)) || isChanged;
    at += length;
  }
  if (isChanged) await file.write(bytes, from);
  return isChanged;
}
