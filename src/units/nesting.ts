/** Whether objects or lists are nested more than `levels` deep, which recursive functions could not handle. */
export const nestsDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((one) => nestsDeeper(one, levels - 1)));

/** The same for a JSON text before it is parsed, because parsers are recursive, too. Text that is not JSON may be counted wrongly. */
export function textNestsDeeper(json: string, levels: number): boolean {
  let depth = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > levels) return true;
  }
  return false;
}
