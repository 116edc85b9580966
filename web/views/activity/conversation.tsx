import { useAnswer } from "../../api/answer.ts";
import { withQuery } from "../../api/ask.ts";
import { Empty } from "../../parts/empty.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { asked, askFor, href } from "../../routing/address.ts";
import { RunPanel } from "./run.tsx";

/** Each run is read by itself, and may be long. */
const RUNS_MAX = 10;

/** The runs of one conversation in the order of their times, read one after the other. */
export function Conversation({ id }: { readonly id: string }) {
  const before = asked("before");
  const answer = useAnswer(withQuery("/api/v1/activity/runs", { conversation: id, limit: RUNS_MAX, before }));
  return (
    <Loading of={answer} what="Looking for its runs">
      {({ runs }) => (
        <>
          <Panel
            title="Conversation"
            aside={<a href={href("/activity", {}, { conversation: id })}>its runs as a list</a>}
            wide
          >
            <p>
              <Name text={id} />
            </p>
            {runs.length === RUNS_MAX && (
              <button type="button" onClick={() => askFor({ before: runs[0]?.id ?? "" })}>
                Show what came before
              </button>
            )}
            {before !== "" && (
              <button type="button" onClick={() => askFor({ before: "" })}>
                Show its end
              </button>
            )}
            {runs.length === 0 && <Empty title="No run of this conversation is kept." />}
          </Panel>
          {runs.map((run) => (
            <RunPanel key={run.id} id={run.id} />
          ))}
        </>
      )}
    </Loading>
  );
}
