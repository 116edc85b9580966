/** Whether there are objects or lists within one another, more than `levels` deep: what walks them calls itself. */
export const nestsDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((one) => nestsDeeper(one, levels - 1)));
