import { withLastWord } from "../tasks/last-word.ts";
import { EXIT } from "./exit-code.ts";
import { codeOf } from "./failure.ts";

/**
 * Runs work that says itself what it did, if it did anything: an error from before that ends in `word`, such as "nothing was
 * destroyed". Where the call is wrong, nothing ran anyway. @param word absent: that is not known
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
