import type { ViewProps } from "../../routing/view-props.ts";
import { DiffView } from "./diff.tsx";
import { SnapshotList } from "./list.tsx";
import { SnapshotView } from "./one.tsx";

/** All kept snapshots, one of them, or in what two differ: as the address says. */
export default function SnapshotsView({ params: { name, with: other } }: ViewProps) {
  if (name === undefined) return <SnapshotList />;
  return other === undefined ? <SnapshotView name={name} /> : <DiffView name={name} other={other} />;
}
