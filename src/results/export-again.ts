import { type Range, span, toRfc3339 } from "../units/range.ts";

/** Beyond this many commands, one covers all their times. */
const COMMANDS_MAX = 3;

/**
 * The commands that re-export these times of a plugin while its server still has them. @param ranges empty: objects, which have
 * no time
 */
export function exportAgain(plugin: string, ranges: readonly Range[]): string[] {
  const [first, ...others] = ranges;
  const command = `contextcore export --plugin ${plugin}`;
  if (first === undefined) return [command];
  const asked = ranges.length > COMMANDS_MAX ? [others.reduce(span, first)] : ranges;
  return asked.map(({ from, to }) => `${command} --from ${toRfc3339(from)} --to ${toRfc3339(to)}`);
}
