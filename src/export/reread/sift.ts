import type { Block } from "../../snapshot/format/block.ts";
import { kindOf } from "../../snapshot/format/file-totals.ts";
import type { CommittedStep } from "../../snapshot/write/recover.ts";
import type { Sift } from "../../snapshot/write/rewrite.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { type Ledger, rootCursor } from "../ledger.ts";
import { replaces, type SecondReading } from "../windows.ts";
import { beginCursor, parseReread, type RereadCursor, rereadKey } from "./cursor.ts";

/**
 * What is left out of the finished snapshot: the blocks of each reading that another one of the same part has replaced.
 * The tree of cursors stays whole: the first step of a backend names the roots of its second readings.
 * @param ledgers by plugin
 * @returns `undefined` when nothing was read twice
 */
export function createSift(ledgers: ReadonlyMap<string, Ledger>): Sift | undefined {
  const sifts = new Map<string, Sift>();
  for (const [name, ledger] of ledgers) {
    const seconds = ledger.windows.rereads();
    if (seconds.length > 0) sifts.set(name, siftFor(ledger, seconds));
  }
  if (sifts.size === 0) return undefined;
  return (step) => {
    const sift = sifts.get(step.plugin);
    return sift === undefined ? step : sift(step);
  };
}

function siftFor({ request }: Ledger, seconds: readonly SecondReading[]): Sift {
  const root = canonicalJson(rootCursor(request));
  const roots = seconds.map(({ reread }) => beginCursor(reread));
  const chosen = seconds.filter((one) => one.chosen === true);
  const keys = new Set(chosen.map(({ reread }) => rereadKey(reread)));
  return (step) => {
    const parsed = parseReread(step.commit.cursor);
    if (parsed !== undefined) return ofSecond(step, parsed, keys);
    const blocks = step.blocks.filter((block) => !chosen.some((one) => isReplaced(block, one)));
    if (canonicalJson(step.commit.cursor) !== root) return { ...step, blocks };
    return { ...step, blocks, commit: { ...step.commit, next: [...step.commit.next, ...roots] } };
  };
}

/** Its records, if it counts; its objects are those that the first reading did not have. */
function ofSecond(
  step: CommittedStep,
  { reread, chosen }: RereadCursor,
  keys: ReadonlySet<string>,
): CommittedStep | undefined {
  if (chosen !== undefined) return undefined;
  if (keys.has(rereadKey(reread))) return step;
  return { ...step, blocks: step.blocks.filter((block) => kindOf(block) === "object") };
}

/** Whether a block of the first reading gives way to a second one. */
function isReplaced(block: Block, second: SecondReading): boolean {
  const { part } = second.reread;
  if (kindOf(block) === "object") return false;
  if (part === "window") return block.window !== undefined && replaces(second, block.window);
  return part === "whole" || block.window === undefined;
}
