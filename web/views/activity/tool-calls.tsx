import { useState } from "preact/hooks";
import type { WholeRun } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";
import { State } from "../../parts/state.tsx";
import { href } from "../../routing/address.ts";
import { secondsText } from "./facts.tsx";
import { jsonText, Long } from "./messages.tsx";

/** A run may call ten thousand. */
const CALLS_MAX = 50;

/** Which tools a run called, with what, and what came back. */
export function ToolCalls({ calls }: { readonly calls: WholeRun["toolCalls"] }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? calls : calls.slice(0, CALLS_MAX);
  return (
    <>
      <ol class="turns" aria-label="Tool calls">
        {shown.map((call, at) => (
          <li key={at} class="turn tool">
            <div class="turn-role">
              <Name text={call.name} /> <State word={call.status} />
              {call.answered !== undefined && (
                <span class="faint"> after {secondsText(call.called, call.answered)}</span>
              )}
              {call.answeredBy !== undefined && (
                <>
                  {" "}
                  <a href={href("/activity/:id", { id: call.answeredBy })}>the run that brought its result</a>
                </>
              )}
            </div>
            {call.arguments !== undefined && <Long text={jsonText(call.arguments)} isCode />}
            {call.result !== undefined && (
              <>
                <div class="faint">gave</div>
                <Long text={jsonText(call.result)} isCode />
              </>
            )}
          </li>
        ))}
      </ol>
      {shown.length < calls.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {calls.length.toLocaleString("en")} calls
        </button>
      )}
    </>
  );
}
