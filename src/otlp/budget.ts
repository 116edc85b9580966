/** How much there may be of what is read: a few bytes can stand for very many values, and lists for lists of lists. */

/** What is left of it. */
export interface ReadBudget {
  fields: number;
}

/** As many as there may be. @param fields of all messages together */
export const readBudget = (fields: number = Number.POSITIVE_INFINITY): ReadBudget => ({ fields });

/** Values within values; what OpenTelemetry's own readers take. */
const LEVELS = 100;

/** Takes one field. @throws RangeError when there are too many */
export function spend(budget: ReadBudget): void {
  budget.fields -= 1;
  if (budget.fields < 0) throw new RangeError("there are too many fields in it");
}

/** @throws RangeError when values are nested too deeply */
export function requireShallow(level: number): void {
  if (level > LEVELS) throw new RangeError(`a value is nested more than ${LEVELS} levels deep`);
}
