import { visible } from "../../../src/units/visible.ts";
import type { ListedSnapshot, SnapshotList } from "../../api/shapes.ts";
import { FilterChoice, Filters, FilterText } from "../../parts/filters.tsx";
import { asked } from "../../routing/address.ts";

/** Does not compile while one is missing, or is none. */
const STATUSES: Readonly<Record<ListedSnapshot["status"], string>> = {
  complete: "complete",
  partial: "partial",
  failed: "failed",
};

/** What the address can ask for, besides the place. */
const NAMES = ["backend", "status", "of", "from", "to", "text"];

/** Whether a snapshot is what the address asks for. */
export function isAsked({ name, backends, status, range, created }: ListedSnapshot): boolean {
  const [backend, wanted, text] = [asked("backend"), asked("status"), asked("text")];
  const [from, to] = [Date.parse(asked("from")), Date.parse(asked("to"))];
  return (
    (backend === "" || backends.some((one) => one.backend === backend)) &&
    (wanted === "" || status === wanted) &&
    (text === "" || name.includes(text)) &&
    (isOfMaking() ? isMadeIn(created, from, to) : isAbout(range, from, to))
  );
}

/** Whether the times are those at which snapshots were made, and not those of their data. */
const isOfMaking = (): boolean => asked("of") === "made";

const isMadeIn = (created: string, from: number, to: number): boolean =>
  !(Date.parse(created) < from || Date.parse(created) >= to);

const isAbout = (range: ListedSnapshot["range"], from: number, to: number): boolean =>
  !(Date.parse(range.to) <= from || Date.parse(range.from) >= to);

/** Narrows the list down. */
export function SnapshotFilters({ listing: { snapshots } }: { readonly listing: SnapshotList }) {
  const backends = [
    ...new Set(snapshots.flatMap((one) => one.backends.map(({ backend }) => backend))),
  ].sort();
  const named = Object.fromEntries(backends.map((one) => [one, visible(one)]));
  const times = isOfMaking() ? "Made" : "Data";
  return (
    <Filters names={NAMES}>
      <FilterChoice name="backend" label="Backend" any="any backend" values={named} />
      <FilterChoice name="status" label="Status" any="any status" values={STATUSES} />
      <FilterChoice name="of" label="Times of" any="their data" values={{ made: "their making" }} />
      <FilterText name="from" label={`${times} after`} hint="2026-01-24" />
      <FilterText name="to" label={`${times} before`} hint="2026-01-25" />
      <FilterText name="text" label="Name contains" isQuick />
    </Filters>
  );
}
