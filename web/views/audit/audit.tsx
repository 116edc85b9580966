import type { ViewProps } from "../../routing/view-props.ts";
import { EventView } from "./event.tsx";
import { EventList } from "./list.tsx";

/** The trail: all of it, or the one event that the address names. */
export default function AuditView({ params: { id } }: ViewProps) {
  return id === undefined ? <EventList /> : <EventView id={id} />;
}
