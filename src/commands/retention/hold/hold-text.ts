import type { Hold } from "../../../retention/holds/hold.ts";
import { LATEST, minute } from "../../../units/range.ts";
import { listed } from "../../../units/words.ts";

/** `loki and mimir, from 2026-01-01 00:00 UTC`. Not its selectors: they may name a person. */
export function holdText({ backends, range, match = {} }: Hold): string {
  const what = backends.length === 0 ? "everything" : listed(backends);
  const some =
    Object.keys(match).length === 0 ? "" : `, what a selector finds of ${listed(Object.keys(match))}`;
  const from = range === undefined || range.from === 0n ? "" : `, from ${minute(range.from)} UTC`;
  const to = range === undefined || range.to === LATEST ? "" : `, to ${minute(range.to)} UTC`;
  return `${what}${some}${from}${to}`;
}
