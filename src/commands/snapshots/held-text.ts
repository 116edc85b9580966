import type { KnownCopy } from "../../copies/record/known-copies.ts";
import type { ListedSnapshot } from "../../tasks/list-snapshots.ts";
import type { Colors } from "../../terminal/styles.ts";
import { formatDuration } from "../../units/duration.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND } from "../../units/range.ts";

/** `here, offsite (verified 3d ago)`. */
export function heldText({ isHere, held }: Omit<ListedSnapshot, "snapshot">, colors: Colors): string {
  const copies = held.map((copy) =>
    copy.checked.sound
      ? `${copy.place} ${colors.dim(`(${provedText(copy)})`)}`
      : `${copy.place} ${colors.red("(damaged)")}`,
  );
  return [...(isHere ? ["here"] : []), ...copies].join(", ");
}

/** `verified 3d ago`: all of its data; or that nobody here has written or read all of it. */
export const provedText = ({ proved, checked }: Pick<KnownCopy, "proved" | "checked">): string =>
  proved === undefined
    ? `seen ${ageText(checked.at)} ago, never verified`
    : `verified ${ageText(proved)} ago`;

const MINUTE = 60n * NS_PER_SECOND;

/** `3d4h`, `12m`; `1m` for anything shorter. @param at RFC 3339 */
function ageText(at: string): string {
  const age = fromMs(Date.now()) - fromRfc3339(at);
  return formatDuration(age < MINUTE ? MINUTE : age - (age % MINUTE));
}
