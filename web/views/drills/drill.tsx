import { visible } from "../../../src/units/visible.ts";
import { useAnswer } from "../../api/answer.ts";
import type { DrillReport } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { State } from "../../parts/state.tsx";
import { Value } from "../../parts/value.tsx";
import type { ViewProps } from "../../routing/view-props.ts";

/** What one drill has shown, by backend. */
export default function DrillView({ params: { name = "" } }: ViewProps) {
  const drill = useAnswer(`/api/v1/drills/${encodeURIComponent(name)}`);
  return <Loading of={drill}>{(report) => <Report of={report} />}</Loading>;
}

function Report({ of: { backends, verdict, name, ...facts } }: { readonly of: DrillReport }) {
  return (
    <>
      <ViewHead
        title={
          <>
            Drill <Name text={name} />
          </>
        }
      >
        <State word={verdict} />
      </ViewHead>
      <div class="panels">
        <Panel title="About it" wide>
          <Value value={facts} />
        </Panel>
        {backends.map((one) => (
          <Backend key={one.backend} of={one} />
        ))}
      </div>
    </>
  );
}

function Backend({ of }: { readonly of: DrillReport["backends"][number] }) {
  const { backend, verdict, reasons, notes, ...facts } = of;
  const severity = verdict === "different" || verdict === "failed" ? "error" : "warning";
  return (
    <Panel title={visible(backend)} aside={<State word={verdict} />} wide>
      {reasons.map((reason) => (
        <Notice key={reason} severity={severity}>
          <Name text={reason} />
        </Notice>
      ))}
      {notes.map((note) => (
        <Notice key={note} severity="info">
          <Name text={note} />
        </Notice>
      ))}
      <div class="report">
        <Value value={facts} />
      </div>
    </Panel>
  );
}
