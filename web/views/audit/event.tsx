import { visible } from "../../../src/units/visible.ts";
import { useAnswer } from "../../api/answer.ts";
import { withQuery } from "../../api/ask.ts";
import type { AuditEvent } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice, ProblemNotice } from "../../parts/problem.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";

/** One event with everything that it says, and how it is chained to its neighbours. */
export function EventView({ id }: { readonly id: string }) {
  const answer = useAnswer(`/api/v1/audit/${encodeURIComponent(id)}` as `/api/v1/audit/${string}`);
  return (
    <Loading of={answer} what="Reading the trail">
      {({ event, where, sound, related }) => (
        <>
          <ViewHead
            title={
              <>
                <Name text={event.operation} /> <State word={event.outcome} />
              </>
            }
          >
            <a href="/audit">All events</a>
          </ViewHead>
          {!sound && (
            <Notice severity="error" isUrgent>
              This event’s hash does not fit its content: it was changed after it was recorded.
            </Notice>
          )}
          <div class="panels">
            <Said event={event} where={where} />
            <Chained event={event} isSound={sound} />
            <Related events={related} />
            <Panel title="Details" wide>
              <pre class="details">{detailsText(event)}</pre>
            </Panel>
          </div>
        </>
      )}
    </Loading>
  );
}

/** Indented; what would hide in it is written out, line by line. */
const detailsText = ({ details }: AuditEvent): string =>
  JSON.stringify(details, null, 2).split("\n").map(visible).join("\n");

function Said({ event, where }: { readonly event: AuditEvent; readonly where: string }) {
  const { user, host, via = "cli", request, project, export_path: path, data_affected: affected } = event;
  return (
    <Panel title="What was done">
      <dl class="facts">
        <dt>Time</dt>
        <dd>
          <Time at={event.timestamp} form="full" />
        </dd>
        <dt>By</dt>
        <dd>
          <Name text={user} /> on <Name text={host} />, <Name text={via} />
        </dd>
        {request !== undefined && (
          <>
            <dt>Request</dt>
            <dd>
              <Name text={request} />
            </dd>
          </>
        )}
        <dt>Project</dt>
        <dd>
          <Name text={project} />
        </dd>
        <dt>Affected</dt>
        <dd>
          {affected.length === 0 ? (
            "nothing"
          ) : (
            <ul class="plain">
              {affected.map((one) => (
                <li key={one}>
                  <Name text={one} />
                </li>
              ))}
            </ul>
          )}
        </dd>
        {path !== undefined && (
          <>
            <dt>Saved in</dt>
            <dd>
              <Name text={path} />
            </dd>
          </>
        )}
        <dt>Kept in</dt>
        <dd>
          <Name text={where} />
        </dd>
      </dl>
    </Panel>
  );
}

/** The event's place in the chain: each holds the hash of the one before it. */
function Chained({ event, isSound }: { readonly event: AuditEvent; readonly isSound: boolean }) {
  const around = useAnswer(withQuery("/api/v1/audit", { before: event.seq + 2, limit: 3 }));
  const at = (seq: number) => around.value?.events.find((one) => one.seq === seq);
  const before = at(event.seq - 1);
  const next = at(event.seq + 1);
  return (
    <Panel title={`Event ${event.seq.toLocaleString("en")} in the chain`}>
      {around.problem !== undefined && <ProblemNotice problem={around.problem} again={around.again} />}
      <dl class="facts">
        <dt>Before it</dt>
        <dd>
          {before === undefined ? (
            <span class="faint">{around.isLoading ? "looking…" : "nothing that is still here"}</span>
          ) : (
            <Neighbour event={before} />
          )}
        </dd>
        <dt>That one’s hash</dt>
        <dd>
          <code class="hash">{event.prev_hash}</code>{" "}
          {before !== undefined && <Fits it={before.hash === event.prev_hash} />}
        </dd>
        <dt>Its hash</dt>
        <dd>
          <code class="hash">{event.hash}</code> <Fits it={isSound} />
        </dd>
        <dt>After it</dt>
        <dd>
          {next === undefined ? (
            <span class="faint">{around.isLoading ? "looking…" : "nothing yet"}</span>
          ) : (
            <Neighbour event={next} />
          )}
          {next !== undefined && next.prev_hash !== event.hash && <Fits it={false} />}
        </dd>
        <dt>Id</dt>
        <dd>
          <Name text={event.id} />
        </dd>
      </dl>
    </Panel>
  );
}

const Fits = ({ it }: { readonly it: boolean }) =>
  it ? <span class="good-word">✓ fits</span> : <span class="error-word">✕ does not fit</span>;

const Neighbour = ({ event: { seq, operation, outcome } }: { readonly event: AuditEvent }) => (
  <a href={href("/audit/:id", { id: String(seq) })}>
    {seq.toLocaleString("en")}: <Name text={operation} />, {outcome}
  </a>
);

function Related({ events }: { readonly events: readonly AuditEvent[] }) {
  if (events.length === 0) return null;
  return (
    <Panel title="What belongs to it">
      <ul class="plain">
        {events.map((one) => (
          <li key={one.id}>
            <Neighbour event={one} /> <Time at={one.timestamp} form="full" />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
