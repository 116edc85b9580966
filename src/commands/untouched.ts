import { withLastWord } from "../tasks/task/last-word.ts";
import { EXIT } from "./exit-code.ts";
import { codeOf } from "./failure.ts";

/**
 * Runs work that reports what it did itself. An error from before it did anything ends in `word`, such as "nothing was
 * destroyed". A usage error needs no such word, because nothing ran. @param word absent: it is unknown whether anything was
 * done
 */
export async function orUntouched<Result>(
  word: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw word === undefined || codeOf(error) === EXIT.usage ? error : withLastWord(error, word);
  }
}
