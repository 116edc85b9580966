/** Checks the contents that a third-party plugin yields the way `verify` will. */

import { createKeySet, type KeySet } from "../../units/key-set.ts";
import { messageOf } from "../../units/message-of.ts";
import { addCounts } from "../format/counts.ts";
import { formatOf } from "../format/formats.ts";
import { linesToParse } from "../format/lines.ts";
import { measureLine, parseJson } from "../format/measure-line.ts";
import type { CheckedStep } from "./check-step.ts";
import { InvalidStep } from "./invalid-step.ts";
import type { StepObject, StepRecords } from "./step.ts";

/**
 * Checks every line and every JSON object of a third-party plugin's step, so that a complete snapshot always verifies. This
 * takes 2 ms per MB of log lines. Built-in plugins are tested with it instead.
 * @param relieve as of {@link linesToParse}
 * @throws InvalidStep naming what is `invalid`
 */
export function checkContents(plugin: string, { records, objects }: CheckedStep, relieve: () => void): void {
  // Only the name of a third-party plugin has a slash: `vendor/name`.
  if (!plugin.includes("/")) return;
  const seen = createSeenIds();
  for (const one of records) checkLines(one, seen, relieve);
  objects.forEach(checkJsonObject);
}

/** The ids in the lines of a data file so far. */
type SeenIds = (file: string) => KeySet;

/** None so far. */
export function createSeenIds(): SeenIds {
  const byFile = new Map<string, KeySet>();
  return (file) => {
    const ids = byFile.get(file) ?? createKeySet();
    byFile.set(file, ids);
    return ids;
  };
}

/** Checks every line against its file's format and the ids before it, and the claimed counts. @throws InvalidStep */
export function checkLines(
  { file, bytes, range, counts }: StepRecords,
  seen: SeenIds,
  relieve = () => {},
): void {
  const sum: Record<string, number> = {};
  let number = 1;
  for (const line of linesToParse(bytes, relieve)) {
    try {
      const { id, ...facts } = measureLine(line, file, range);
      if (id !== undefined && !seen(file).add(id)) throw new Error(`${id} is there twice`);
      addCounts(sum, facts.counts);
    } catch (error) {
      throw invalid(`line ${number} of the records of ${file}`, error);
    }
    number += 1;
  }
  for (const [unit, claimed] of Object.entries(formatOf(file)?.check?.claims(counts) ?? {})) {
    if (claimed !== (sum[unit] ?? 0))
      throw new InvalidStep(
        `invalid records of ${file}: they claim ${claimed} ${unit} and have ${sum[unit] ?? 0}`,
      );
  }
}

/** An object whose name ends in `.json` must be JSON. @throws InvalidStep */
function checkJsonObject({ path, bytes }: StepObject): void {
  if (!path.endsWith(".json")) return;
  try {
    parseJson(bytes);
  } catch (error) {
    throw invalid(`object ${path}`, error);
  }
}

const invalid = (what: string, error: unknown): InvalidStep =>
  new InvalidStep(`invalid ${what}: ${messageOf(error)}`);
