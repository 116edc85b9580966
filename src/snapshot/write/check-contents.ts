/** The contents of what a third party's plugin yields, read as `verify` will read them. */

import { messageOf } from "../../units/message-of.ts";
import { addCounts } from "../format/counts.ts";
import { formatOf } from "../format/formats.ts";
import { linesOf } from "../format/lines.ts";
import { measureLine, parseJson } from "../format/measure-line.ts";
import type { CheckedStep } from "./check-step.ts";
import { InvalidStep } from "./invalid-step.ts";
import type { StepObject, StepRecords } from "./step.ts";

/** How much is parsed before there is much garbage. */
const PARSED_BYTES = 1 << 20;

/**
 * Looks at every line and every JSON object of a third party's step, so that what is called complete can be verified. It
 * takes 2 ms for a MB of log lines; what a built-in writes is tested with it.
 * @param relieve called now and then, since parsing makes ten times as much garbage, without a pause
 * @throws InvalidStep that says `invalid`, and what
 */
export function checkContents(plugin: string, { records, objects }: CheckedStep, relieve: () => void): void {
  // Only a third party's name has a slash: `vendor/name`.
  if (!plugin.includes("/")) return;
  for (const one of records) checkLines(one, relieve);
  objects.forEach(checkJsonObject);
}

/** Every line as its file's format says, and the counts that are claimed of them. @throws InvalidStep */
export function checkLines({ file, bytes, range, counts }: StepRecords, relieve = () => {}): void {
  const sum: Record<string, number> = {};
  let number = 1;
  let unrelieved = 0;
  for (const line of linesOf(bytes)) {
    try {
      addCounts(sum, measureLine(line, file, range).counts);
    } catch (error) {
      throw invalid(`line ${number} of the records of ${file}`, error);
    }
    number += 1;
    unrelieved += line.length;
    if (unrelieved < PARSED_BYTES) continue;
    unrelieved = 0;
    relieve();
  }
  for (const [unit, claimed] of Object.entries(formatOf(file)?.check?.claims(counts) ?? {})) {
    if (claimed !== (sum[unit] ?? 0))
      throw new InvalidStep(
        `invalid records of ${file}: they claim ${claimed} ${unit} and have ${sum[unit] ?? 0}`,
      );
  }
}

/** An object that calls itself JSON must be JSON. @throws InvalidStep */
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
