/** What each of the three options would lose: what no snapshot holds and the option does not save. */
import type { Loss } from "../../inventory/losses.ts";
import type { Finding } from "../../inventory/survey.ts";
import { counted, listed } from "../../units/words.ts";
import type { DestroyOption } from "./ask.ts";
import { isSaved } from "./save.ts";

/** What is lost for good with one option. */
export interface Losing {
  /** Whoever loses these types the stack's name. */
  readonly losses: readonly Loss[];
  /** The backends of which snapshots hold all but what has just come in, and the option does not save that. */
  readonly fresh: readonly string[];
}

/** @param losses of all backends, when nothing more is saved */
export function losingWith(
  option: DestroyOption,
  findings: readonly Finding[],
  losses: readonly Loss[],
): Losing {
  const saved = new Set(findings.filter((one) => isSaved(option, one)).map(({ name }) => name));
  const left = losses.filter(({ backend }) => !saved.has(backend));
  const isNew = ({ kind }: Loss): boolean => kind === "new";
  return {
    losses: left.filter((loss) => !isNew(loss)),
    fresh: left.filter(isNew).map(({ backend }) => backend),
  };
}

/** More are counted: the menu must fit on the screen. */
const LISTED_MAX = 6;

/** What stands below an option: one line for each backend that it loses something of. */
export function losingLines(option: DestroyOption, { losses, fresh }: Losing): string[] {
  if (losses.length === 0) return [harmless(option, fresh)];
  const shown = losses.slice(0, LISTED_MAX).map(({ backend, text }) => `loses ${backend}: ${text}`);
  const more = losses.length - shown.length;
  return more === 0 ? shown : [...shown, `and of ${counted(more, "more backend")}`];
}

function harmless(option: DestroyOption, fresh: readonly string[]): string {
  if (option === "1") return "loses nothing: what cannot be saved is asked about before the command runs";
  if (fresh.length === 0) return "loses nothing: snapshots hold it all";
  return `loses what came to ${listed(fresh)} in the last 15 min; snapshots hold the rest`;
}
