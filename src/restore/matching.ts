/** Asks a matcher what to write of many lines: one by one in this process, all at once in another. */
import type { LineMatcher } from "../contract/contract.ts";

/** How much to ask about at once. bytes, or characters */
export const MATCHED_MAX = 256 << 10;

/** For each line, in order: the line, a part of it, or nothing. @throws what the matcher throws */
export const matchLines = async (
  matcher: LineMatcher,
  lines: readonly string[],
  file: string,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> => {
  if (matcher.many === undefined) return lines.map((line) => matcher(line, file));
  const answers = await matcher.many(lines, file, signal);
  if (answers.length !== lines.length)
    throw new Error(`the matcher was asked for ${lines.length} lines and answered for ${answers.length}`);
  return answers;
};

/**
 * Makes the matcher parse its selector; one in another process does so on its first call. @throws when the selector makes no
 * sense
 */
export const readSelector = async (matcher: LineMatcher, signal: AbortSignal): Promise<void> =>
  void (await matcher.many?.([], "", signal));
