/** Asks a matcher what of many lines to write: in this process line by line, of one in another process all at once. */
import type { LineMatcher } from "../contract/contract.ts";

/** So many are asked for at once. bytes, or characters */
export const MATCHED_MAX = 256 << 10;

/** For each line, in their order: the line, a part of it, or nothing. @throws what the matcher throws */
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

/** Has the matcher read its selector: one in another process does so when it is first asked. @throws what makes no sense of it */
export const readSelector = async (matcher: LineMatcher, signal: AbortSignal): Promise<void> =>
  void (await matcher.many?.([], "", signal));
