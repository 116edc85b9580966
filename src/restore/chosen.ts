/** What a selector leaves of the planned files, if the backend must see everything before it can choose. */
import type { LineMatcher, RestoreLine, Restorer } from "../contract/contract.ts";
import type { Block } from "../snapshot/format/block.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { MATCHED_MAX, matchLines, readSelector } from "./matching.ts";
import { isOfBytes, type PlannedFile } from "./select.ts";

/** The files of which a selector chooses something, and the choice itself. */
export interface ChosenFiles {
  readonly files: readonly PlannedFile[];
  /** Decides which part of each line to write. */
  readonly matcher: LineMatcher;
}

interface ChoiceOptions {
  readonly snapshot: OpenSnapshot;
  readonly match: string;
  readonly signal: AbortSignal;
}

/** Reads the files twice: so that the backend can choose, and to plan only its choice. One block is in memory at a time. */
export async function chooseFiles(
  files: readonly PlannedFile[],
  selection: NonNullable<Restorer["selection"]>,
  { snapshot, match, signal }: ChoiceOptions,
): Promise<ChosenFiles> {
  const matcher = await selection(match, everythingIn(snapshot, files), signal);
  const chosen: PlannedFile[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    const left = await chosenPart(snapshot, file, matcher, signal);
    if (left !== undefined) chosen.push(left);
  }
  return { files: chosen, matcher };
}

/** Leaves out objects that a matcher does not keep; records are too many, so their lines are checked when they are written. */
export async function chooseObjects(
  files: readonly PlannedFile[],
  matcher: LineMatcher,
  { snapshot, signal }: Omit<ChoiceOptions, "match">,
): Promise<ChosenFiles> {
  await readSelector(matcher, signal);
  const chosen: PlannedFile[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    const left = file.range === undefined ? await chosenPart(snapshot, file, matcher, signal) : file;
    if (left !== undefined) chosen.push(left);
  }
  return { files: chosen, matcher };
}

async function* everythingIn(
  snapshot: OpenSnapshot,
  files: readonly PlannedFile[],
): AsyncGenerator<RestoreLine> {
  for (const { file, blocks } of files) {
    if (isOfBytes({ blocks })) yield { file, line: "" };
    else for (const block of blocks) for await (const line of linesIn(snapshot, block)) yield { file, line };
  }
}

/** An object is one text, newlines included. */
async function* linesIn(snapshot: OpenSnapshot, block: Block): AsyncGenerator<string> {
  if (block.range !== undefined) yield* snapshot.lines(block);
  else yield new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await snapshot.read(block));
}

/** The file with the blocks that contain a chosen record; `undefined` when there are none. */
async function chosenPart(
  snapshot: OpenSnapshot,
  file: PlannedFile,
  matcher: LineMatcher,
  signal: AbortSignal,
): Promise<PlannedFile | undefined> {
  if (isOfBytes(file)) {
    const [whole] = await matchLines(matcher, [""], file.file, signal);
    return whole === undefined ? undefined : file;
  }
  const blocks: Block[] = [];
  const counts: Record<string, number> = {};
  for (const block of file.blocks) {
    let kept = 0;
    for await (const lines of inBatches(linesIn(snapshot, block)))
      for (const left of await matchLines(matcher, lines, file.file, signal))
        if (left !== undefined) kept += 1;
    if (kept === 0) continue;
    blocks.push(block);
    // Only the plugin knows what a line counts as, unless a unit occurs once on each line.
    for (const [unit, number] of Object.entries(block.counts))
      counts[unit] = (counts[unit] ?? 0) + (number === block.records ? kept : number);
  }
  return blocks.length === 0 ? undefined : { ...file, blocks, counts };
}

/** Lines, as many at a time as a matcher is asked about. */
export async function* inBatches(lines: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let batch: string[] = [];
  let filled = 0;
  for await (const line of lines) {
    batch.push(line);
    filled += line.length;
    if (filled < MATCHED_MAX) continue;
    yield batch;
    batch = [];
    filled = 0;
  }
  if (batch.length > 0) yield batch;
}
