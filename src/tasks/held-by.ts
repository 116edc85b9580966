/** Why a snapshot may not go: a hold is about something in it. */
import { type Hold, holdsOn } from "../retention/holds/hold.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { listed } from "../units/words.ts";

/** A reason for each snapshot that a hold is about, and none for the others. */
export const heldRule =
  (holds: readonly Hold[]) =>
  ({ manifest }: Pick<KeptSnapshot, "manifest">): string[] => {
    const names = new Set(manifest.plugins.flatMap((plugin) => holdsOnPlugin(holds, plugin)));
    return names.size === 0 ? [] : [heldByText([...names])];
  };

/** The names of the holds that are about a backend's data in a snapshot. */
export const holdsOnPlugin = (
  holds: readonly Hold[],
  { name, range }: Pick<ManifestPlugin, "name" | "range">,
): string[] =>
  holdsOn(holds, { backend: name, range: range && rangeFromText(range) }).map((hold) => hold.name);

/** `held by audit-2026` */
export const heldByText = (names: readonly string[]): string => `held by ${listed(names)}`;
