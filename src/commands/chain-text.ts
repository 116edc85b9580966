/** Tells people which snapshots a command uses, which it does not, and why. */

import { exportAgain } from "../results/export-again.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import { chainGapLines, snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import { chainReport } from "../snapshot/catalog/chain-report.ts";
import type { Chosen, Reasoned } from "../snapshot/catalog/choose.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import type { OpenChosen } from "../tasks/snapshots/snapshot-param.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { minute } from "../units/range.ts";
import { counted, listed } from "../units/words.ts";

/** Up to this many are named one by one. */
const NAMED_MAX = 4;

/** `20260124-143000`, or `20260101-020000 to 20260124-143000 (24 snapshots)`. */
export function namesText(names: readonly string[]): string {
  if (names.length <= NAMED_MAX) return listed(names);
  return `${names[0]} to ${names.at(-1)} (${counted(names.length, "snapshot")})`;
}

/** `loki: 20260101-020000 to 20260124-020000 (24 snapshots), 2026-01-01 02:00 to 2026-01-24 02:00`. */
export function chainText(chain: BackendChain): string {
  const { backend, snapshots, range } = chainReport(chain);
  const times = range === undefined ? "" : `, ${minute(range.from)} to ${minute(range.to)} UTC`;
  return `${backend}: ${namesText(snapshots)}${times}`;
}

/** Says which snapshots were opened, and what they lack. @param named the user's name for them, which may stand for several */
export function tellOpened({ chosen, broken }: OpenChosen, terminal: Terminal, named?: string): void {
  tellChosen(chosen, terminal);
  tellLacking(chosen, terminal);
  if (named !== undefined) tellNames(chosen, terminal, named);
  tellBroken(broken, terminal);
}

/** Says which snapshots `latest` stands for, if there are several. */
export function tellNames({ chains }: Chosen, { note }: Terminal, named: string): void {
  if (snapshotsOf(chains).length > 1) for (const chain of chains) note(`${named} is ${chainText(chain)}`);
}

/** Says which snapshots have a damaged index: what follows the damage is not read. */
function tellBroken(broken: readonly Reasoned[], { fault }: Terminal): void {
  for (const { name, reason } of broken)
    fault("damaged", `${name}: ${reason}; everything after that in the index is left out`);
}

/** Says on stderr which snapshots were skipped, and which times none of them covers. */
export function tellChosen({ chains, passedOver, continues }: Chosen, { note, noteColors }: Terminal): void {
  if (continues.length > 0)
    note(`${noteColors.yellow("increment:")} it continues ${namesText(continues)}, but is used alone`);
  for (const [name, of] of Map.groupBy(passedOver, (one) => one.name))
    note(`${noteColors.yellow("passed over:")} ${name}: ${inOne(of.map(({ reason }) => reason))}`);
  for (const chain of chains) {
    const urls = [...new Set(chain.links.flatMap(({ plugin: { url } }) => url ?? []))];
    if (urls.length > 1) note(`${noteColors.yellow("several servers:")} ${chain.backend}: ${listed(urls)}`);
    for (const line of gapLines(chain)) note(`${noteColors.yellow("gap:")} ${line}`);
  }
}

/** Says on stderr what was requested but is missing; a restore says so in its plan. */
export function tellLacking({ chains, lacking, broken }: Chosen, { fault }: Terminal): void {
  for (const { name, reason } of broken) fault("not readable", `${name}: ${reason}`);
  for (const { name, reason } of lacking) fault("left out", `${name}: ${reason}`);
  for (const chain of chains)
    for (const line of chainGapLines(chain)) fault("missing", `${chain.backend}: ${line}`);
}

/** Up to this many gaps are listed one per line. */
const GAPS_SHOWN = 10;

function gapLines({ backend, gaps }: BackendChain): string[] {
  if (gaps.length === 0) return [];
  const more = gaps.length - GAPS_SHOWN;
  return [
    ...gaps
      .slice(0, GAPS_SHOWN)
      .map(rangeToText)
      .map(({ from, to }) => `${backend}: ${from} to ${to} is in none of these snapshots`),
    ...(more > 0 ? [`${backend}: and ${counted(more, "more gap")}`] : []),
    ...exportAgain(backend, gaps).map((command) => `${backend}: while the server still has it: ${command}`),
  ];
}

/** Why a snapshot was passed over for one of its backends, and for how many others. */
function inOne([first = "", ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first}; and ${counted(others.length, "other backend")} of it, too`;
}
