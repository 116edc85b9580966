/** What each of the three options would lose: what no snapshot holds and the option does not save. */
import { SIGNALS, type Signal } from "../contract/contract.ts";
import { type Loss, lossText } from "../inventory/losses.ts";
import { holdsOneOf, type Surveyed } from "../inventory/survey.ts";
import { counted } from "../units/words.ts";

/** The choices of the menu: 1 exports everything first, 2 only dashboards, 3 nothing. */
export const DESTROY_OPTIONS = ["1", "2", "3"] as const;
/** One of {@link DESTROY_OPTIONS}. */
export type DestroyOption = (typeof DESTROY_OPTIONS)[number];

/** What an option exports. */
export const SAVED: Readonly<Record<DestroyOption, ReadonlySet<Signal>>> = {
  1: new Set(SIGNALS),
  2: new Set(["dashboards"]),
  3: new Set(),
};

/** Whether this option exports this backend. */
export const isSaved = (option: DestroyOption, finding: Surveyed): boolean =>
  finding.state === "reached" &&
  holdsOneOf(finding.open.plugin.signals, SAVED[option]) &&
  holdsOneOf(finding.inventory.signals, SAVED[option]);

/** What one option loses for good. @param losses of all backends, if nothing more is saved */
export function lossesWith(
  option: DestroyOption,
  findings: readonly Surveyed[],
  losses: readonly Loss[],
): Loss[] {
  const saved = new Set(findings.filter((one) => isSaved(option, one)).map(({ name }) => name));
  return losses.filter(({ backend }) => !saved.has(backend));
}

/** Any more are only counted, because the menu must fit on the screen. */
const LISTED_MAX = 6;

/** One line for each backend that loses something. */
export function lossLines(losses: readonly Loss[]): string[] {
  const more = losses.length - LISTED_MAX;
  const shown = losses.slice(0, LISTED_MAX).map(lossText);
  return more <= 0 ? shown : [...shown, `and of ${counted(more, "more backend")}`];
}

/** The lines below an option. */
export function losingLines(option: DestroyOption, losses: readonly Loss[]): string[] {
  if (option === "1") return [...lossLines(losses), NOT_YET];
  return losses.length === 0 ? ["loses nothing: snapshots hold it all"] : lossLines(losses);
}

/** Servers take a while to make new data readable, so the amount is only known after the export. */
const NOT_YET =
  "loses what comes too late to be exported: it is shown, and asked about, before the command runs";
