import { useAnswer } from "../../api/answer.ts";
import { Name } from "../../parts/name.tsx";

const HOUR_MS = 3_600_000;

/** A trace's id, which leads into the Grafana of the stack where there is one. */
export function TraceLink({ traceId, at }: { readonly traceId: string; readonly at: string }) {
  const settings = useAnswer("/api/v1/settings").value?.settings;
  const grafana = settings?.find(({ key }) => key === "backends.grafana.url")?.value;
  if (typeof grafana !== "string" || !/^https?:\/\//.test(grafana)) return <Name text={traceId} />;
  return (
    <a href={exploreUrl(grafana, traceId, Date.parse(at))} target="_blank" rel="noreferrer">
      <Name text={traceId} /> in Grafana
    </a>
  );
}

/** Grafana's Explore with the first Tempo that it has. */
function exploreUrl(grafana: string, traceId: string, ms: number): string {
  const query = { refId: "A", datasource: { type: "tempo" }, queryType: "traceql", query: traceId };
  const range = { from: String(ms - HOUR_MS), to: String(ms + HOUR_MS) };
  const panes = JSON.stringify({ trace: { datasource: "tempo", queries: [query], range } });
  return `${grafana.replace(/\/$/, "")}/explore?${new URLSearchParams({ schemaVersion: "1", panes })}`;
}
