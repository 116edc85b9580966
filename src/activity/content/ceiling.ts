/** Who takes runs in from others sets how much of them may be kept at most. */
import type { KeptContent } from "./keep.ts";

/** From the least that is kept to the most. */
export const CONTENTS: readonly KeptContent[] = ["none", "redacted", "full"];

/** What is asked for, as far as it is not more than what is set. */
export const contentWithin = (asked: KeptContent, most: KeptContent): KeptContent =>
  CONTENTS.indexOf(asked) < CONTENTS.indexOf(most) ? asked : most;
