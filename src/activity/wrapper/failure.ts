/** How a run ended whose call failed; who gave up a call has cancelled it. */
export const endOfFailure = (error: unknown) =>
  error instanceof Error && error.name === "AbortError"
    ? ({ status: "cancelled" } as const)
    : ({ status: "error", error: { class: nameOf(error), text: String(error) } } as const);

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "error");
