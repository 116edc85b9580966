import type { AuditEvent } from "../../api/shapes.ts";
import { FilterChoice, Filters, FilterText } from "../../parts/filters.tsx";
import { asked } from "../../routing/address.ts";

/** Does not compile while one is missing, or is none. */
const OUTCOMES: Readonly<Record<AuditEvent["outcome"], string>> = {
  started: "started",
  success: "success",
  partial: "partial",
  failed: "failed",
  cancelled: "cancelled",
  refused: "refused",
  interrupted: "interrupted",
};

const WAYS = { cli: "command line", api: "API and page", schedule: "schedule" };

const TARGET_TYPES = {
  backend: "backends",
  copy: "copies",
  dashboard: "dashboards",
  file: "files",
  place: "places",
  plugin: "plugins",
  snapshot: "snapshots",
};

const NAMES = ["operation", "outcome", "user", "via", "target_type", "target", "grep", "from", "to"];

/** What the reader asked for, as the API takes it. */
export const eventsAsked = (): Readonly<Record<string, string>> =>
  Object.fromEntries(NAMES.map((name) => [name, asked(name)]));

/** Narrows the trail down. @param operations those that the reader has seen */
export const EventFilters = ({ operations }: { readonly operations: readonly string[] }) => (
  <Filters names={NAMES}>
    <FilterText name="operation" label="Operation" offered={operations} />
    <FilterChoice name="outcome" label="Outcome" any="any outcome" values={OUTCOMES} />
    <FilterChoice name="via" label="Started by" any="any way" values={WAYS} />
    <FilterChoice name="target_type" label="What it affected" any="anything" values={TARGET_TYPES} />
    <FilterText name="target" label="Its name contains" />
    <FilterText name="user" label="User or token" />
    <FilterText name="from" label="From" hint="24h, 2026-01-24" />
    <FilterText name="to" label="Until" hint="1h, or a time" />
    <FilterText name="grep" label="Any text" />
  </Filters>
);
