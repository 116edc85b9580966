/** What the reader can do about an error, where it says. */
export function hintOf(error: Error): string | undefined {
  return "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
}
