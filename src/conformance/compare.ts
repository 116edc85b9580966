import type { Counts } from "../contract/contract.ts";
import { require } from "./check.ts";
import type { Harvest } from "./walk.ts";

/**
 * Requires the same records and objects, in any order.
 * @param how how the second export differed, e.g. `in another order`
 * @throws Nonconformance showing the first line that only one of them has
 */
export function requireEqual(expected: Harvest, found: Harvest, how: string): void {
  requireSameKeys([...expected.lines.keys()], [...found.lines.keys()], `data files ${how}`);
  for (const [file, lines] of expected.lines) requireSameLines(file, lines, found.lines.get(file) ?? [], how);
  requireSameKeys([...expected.files.keys()], [...found.files.keys()], `files of bytes ${how}`);
  for (const [file, bytes] of expected.files) requireSameFile(file, bytes, { expected, found, how });
  requireSameKeys([...expected.objects.keys()], [...found.objects.keys()], `objects ${how}`);
  for (const [path, text] of expected.objects) {
    require(found.objects.get(path) ===
      text, `${path} has a different text ${how}: ${cut(found.objects.get(path) ?? "")}`);
  }
  requireSameCounts(expected.counts, found.counts, how);
}

/** A dump says when it was made, so two of the same content may differ in bytes. Then what it counts must be the same. */
function requireSameFile(
  file: string,
  bytes: Uint8Array,
  { expected, found, how }: { readonly expected: Harvest; readonly found: Harvest; readonly how: string },
): void {
  if (Buffer.compare(bytes, found.files.get(file) ?? new Uint8Array(0)) === 0) return;
  const [before = {}, now = {}] = [expected.dumps.get(file), found.dumps.get(file)];
  const units = Object.keys(before);
  require(units.length > 0, `${file} has different bytes ${how}`);
  for (const unit of units)
    require(before[unit] === now[unit], `${file} counts ${before[unit]} ${unit}, and ${now[unit]} ${how}`);
}

/** Both lists are sorted. */
function requireSameLines(
  file: string,
  expected: readonly string[],
  found: readonly string[],
  how: string,
): void {
  for (let index = 0; index < Math.max(expected.length, found.length); index += 1) {
    const [left = "\uffff", right = "\uffff"] = [expected[index], found[index]];
    if (left === right) continue;
    const lost = left < right;
    const numbers = `${expected.length} lines and then ${found.length}`;
    require(false, `${file} ${lost ? "lacks a line" : "has a line too many"} ${how} (${numbers}): ${cut(lost ? left : right)}`);
  }
}

function requireSameKeys(expected: readonly string[], found: readonly string[], what: string): void {
  const missing = expected.find((key) => !found.includes(key));
  require(missing === undefined, `${what}: ${missing} is missing`);
  const surplus = found.find((key) => !expected.includes(key));
  require(surplus === undefined, `${what}: ${surplus} is there besides`);
}

/** Compares only the units that both name. */
export function requireSameCounts(expected: Counts, found: Counts, how: string): void {
  for (const [unit, number] of Object.entries(expected)) {
    const other = found[unit];
    require(other === undefined || other === number, `${unit}: ${number}, and ${other} ${how}`);
  }
}

const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
