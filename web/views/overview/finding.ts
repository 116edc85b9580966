/** What somebody should know of a stack, and the sentence above it. */
/** Something that a person should know. */
export interface Finding {
  readonly severity: "error" | "warning" | "info";
  /** A sentence, without what others have named. */
  readonly text: string;
  /** A name that others have given; it stands before the text. */
  readonly subject?: string | undefined;
  /** Where there is more of it. */
  readonly href?: string | undefined;
  /** Its server has something that no snapshot holds. */
  readonly isUnsaved?: boolean;
}

/** In a sentence, which what is found does not contradict. @param isKnown every server has said what it holds */
export function verdictOf(
  findings: readonly Finding[],
  isKnown: boolean,
): { readonly severity: Finding["severity"] | "good"; readonly text: string } {
  const has = (severity: string): boolean => findings.some((one) => one.severity === severity);
  if (has("error")) return { severity: "error", text: "Not everything is saved" };
  if (findings.some(({ isUnsaved }) => isUnsaved))
    return { severity: "warning", text: "Not everything is saved" };
  if (!isKnown)
    return { severity: has("warning") ? "warning" : "info", text: "Everything is saved, as far as is known" };
  if (has("warning")) return { severity: "warning", text: "Everything is saved, with something to look at" };
  return { severity: "good", text: "Everything is saved" };
}
