import { counted } from "../../../src/units/words.ts";
import { useAnswer } from "../../api/answer.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";

/** Whether the trail is what was recorded, and what says so. */
export function Verification() {
  const { value, isLoading, ...rest } = useAnswer("/api/v1/audit/verify");
  // What was true the last time says nothing of now.
  const answer = { ...rest, isLoading, value: isLoading || rest.problem !== undefined ? undefined : value };
  return (
    <Panel title="Verification" wide>
      <Loading of={answer} what="Every event is held against its hash, the one before it and the witnesses">
        {({ sound, eventsTotal, filesTotal, lastEvent, checkpoint, witnesses, findings, ...totals }) => (
          <>
            <Notice severity={sound ? "good" : "error"} isUrgent={!sound}>
              {sound
                ? `All ${counted(eventsTotal, "event")} in ${counted(filesTotal, "file")} are what was recorded.`
                : `The trail is not what was recorded: ${counted(totals.differencesTotal, "difference")}.`}
              {lastEvent !== undefined && (
                <>
                  {" "}
                  The last one is of <Time at={lastEvent.timestamp} />.
                </>
              )}
            </Notice>
            {checkpoint === undefined && (
              <Notice severity="info">
                No checkpoint is signed. <code>contextcore audit keygen</code> makes a key, with which nobody
                can shorten the trail unnoticed.
              </Notice>
            )}
            {findings.map(({ severity, subject, seq, message }) => (
              <Notice
                key={`${subject} ${seq} ${message}`}
                severity={severity === "warning" ? "warning" : "error"}
              >
                <Name text={subject} />
                {seq !== undefined && (
                  <>
                    , <a href={href("/audit/:id", { id: String(seq) })}>event {seq}</a>
                  </>
                )}
                : <Name text={message} />
              </Notice>
            ))}
            <ul class="plain">
              {witnesses.map(({ name, seq, agrees }) => (
                <li key={name}>
                  <Name text={name} /> {agrees ? "agrees" : "does not agree"}
                  {seq !== undefined && `, up to event ${seq.toLocaleString("en")}`}
                </li>
              ))}
            </ul>
          </>
        )}
      </Loading>
    </Panel>
  );
}
