/** A selector that found nothing: more likely a mistake than what was meant, and an empty file is no success. */

import type { ManifestPlugin } from "./manifest.ts";
import { SIGNAL_TABLE } from "./signals.ts";

/** Why a snapshot is `partial` then. */
export const vainReason = (match: string): string => `the selector ${match} found nothing`;

/** Whether the data files of a backend's signals are empty. Rules and the like do not count: no selector chooses them. */
export function hasFoundNothing({ signals = [], files }: Pick<ManifestPlugin, "signals" | "files">): boolean {
  const names = signals.flatMap((signal) => SIGNAL_TABLE[signal].lines?.file ?? []);
  const data = files.filter(({ path, of = path }) => names.includes(of));
  return (data.length === 0 ? files : data).every(({ records }) => records === 0);
}
