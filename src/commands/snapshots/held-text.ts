import type { ListedSnapshot } from "../../tasks/list-snapshots.ts";
import type { Colors } from "../../terminal/styles.ts";
import { formatDuration } from "../../units/duration.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND } from "../../units/range.ts";

/** `here, offsite (verified 3d ago)`. */
export function heldText({ isHere, held }: ListedSnapshot, colors: Colors): string {
  const copies = held.map(({ place, checked }) =>
    checked.sound
      ? `${place} ${colors.dim(`(verified ${ageText(checked.at)} ago)`)}`
      : `${place} ${colors.red("(damaged)")}`,
  );
  return [...(isHere ? ["here"] : []), ...copies].join(", ");
}

const MINUTE = 60n * NS_PER_SECOND;

/** `3d4h`, `12m`; `1m` for anything shorter. @param at RFC 3339 */
function ageText(at: string): string {
  const age = fromMs(Date.now()) - fromRfc3339(at);
  return formatDuration(age < MINUTE ? MINUTE : age - (age % MINUTE));
}
