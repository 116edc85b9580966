import { useAnswer } from "../../api/answer.ts";
import { standing } from "../../api/session.ts";
import type { WholeRun } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { askFor, href } from "../../routing/address.ts";
import { modelOf, secondsText, tokensText, tookText } from "./facts.tsx";
import { Messages } from "./messages.tsx";
import { ToolCalls } from "./tool-calls.tsx";
import { TraceLink } from "./trace-link.tsx";

/** One run in full: what was asked and answered, which tools it called, how long it took and what it cost. */
export function RunPanel({ id, isBelow = false }: { readonly id: string; readonly isBelow?: boolean }) {
  const present = standing.value;
  const isAdmin = present.state === "signed-in" && present.session.role === "admin";
  const answer = useAnswer(
    isAdmin
      ? (`/api/v1/activity/runs/${encodeURIComponent(id)}` as `/api/v1/activity/runs/${string}`)
      : undefined,
  );
  if (!isAdmin)
    return (
      <Panel title="One run" wide>
        <Notice severity="info">
          What was said in a run is for admins; its times and counts stand in the list.
        </Notice>
      </Panel>
    );
  return (
    <Loading of={answer} what="Reading the run">
      {(run) => (
        <>
          <Panel
            title={`Run of ${modelOf(run)}`}
            aside={isBelow ? <Aside id={run.id} /> : <State word={run.status} />}
            wide
          >
            <Facts run={run} />
            {run.error !== undefined && (
              <Notice severity="error">
                <Name text={run.error.class} />: <Name text={run.error.text ?? ""} />
              </Notice>
            )}
            <Kept run={run} />
          </Panel>
          <Panel title="What was said" wide>
            <Messages title="asked" messages={run.input} />
            <Messages title="answered" messages={run.output} />
          </Panel>
          {run.toolCalls.length > 0 && (
            <Panel title="Tools that it called" wide>
              <ToolCalls calls={run.toolCalls} />
            </Panel>
          )}
        </>
      )}
    </Loading>
  );
}

const Aside = ({ id }: { readonly id: string }) => (
  <>
    <a href={href("/activity/:id", { id })}>Open alone</a>{" "}
    <button type="button" class="quiet" onClick={() => askFor({ run: "" })}>
      Close
    </button>
  </>
);

function Facts({ run }: { readonly run: WholeRun }) {
  const { started, firstChunk, user, entity, conversation, provider, operation, upstream, finishReason } =
    run;
  return (
    <dl class="facts">
      <dt>Started</dt>
      <dd>
        <Time at={started} form="full" />
      </dd>
      <dt>Took</dt>
      <dd>
        {tookText(run)}
        {firstChunk !== undefined && `, of which ${secondsText(started, firstChunk)} until the answer began`}
      </dd>
      <dt>Tokens in, out</dt>
      <dd>
        {tokensText(run)}
        {run.tokensCached !== undefined &&
          `; ${run.tokensCached.toLocaleString("en")} of the input were cached`}
        {run.tokensReasoning !== undefined &&
          `; ${run.tokensReasoning.toLocaleString("en")} went into reasoning`}
      </dd>
      <dt>Asked of</dt>
      <dd>
        <Name text={[operation, provider, upstream, run.modelAsked].filter(Boolean).join(", ")} />
        {finishReason !== undefined && (
          <>
            ; it ended with <Name text={finishReason} />
          </>
        )}
      </dd>
      {(user ?? entity) !== undefined && (
        <>
          <dt>For</dt>
          <dd>
            <Name text={[user, entity && `${entity.type} ${entity.id}`].filter(Boolean).join(", ")} />
          </dd>
        </>
      )}
      {conversation !== undefined && (
        <>
          <dt>Conversation</dt>
          <dd>
            <a href={href("/activity", {}, { show: "conversation", conversation })}>
              <Name text={conversation} />
            </a>
          </dd>
        </>
      )}
      {run.traceId !== undefined && (
        <>
          <dt>Trace</dt>
          <dd>
            <TraceLink traceId={run.traceId} at={started} />
          </dd>
        </>
      )}
    </dl>
  );
}

/** What of it is not what was said. */
function Kept({ run: { content, redactions, cutBytes } }: { readonly run: WholeRun }) {
  const said = [
    ...(content === "none" ? ["What was said was not kept."] : []),
    ...(redactions > 0 ? [`${redactions.toLocaleString("en")} secrets were blotted out.`] : []),
    ...(cutBytes > 0 ? [`${cutBytes.toLocaleString("en")} bytes were left out for their size.`] : []),
  ];
  return said.length === 0 ? null : <Notice severity="info">{said.join(" ")}</Notice>;
}
