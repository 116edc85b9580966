import { formatBytes } from "../../src/units/bytes.ts";
import { counted } from "../../src/units/words.ts";
import type { Progress, Watched } from "../api/watch.ts";
import { Name } from "./name.tsx";
import { Notice } from "./problem.tsx";
import { now, spanText } from "./time.tsx";

/** How far each part of a task is, and what it says. */
export function LiveProgress({ of: { parts, progress, waiting, connection } }: { readonly of: Watched }) {
  const shown = [...new Set([...parts, ...progress.keys()])];
  return (
    <>
      {connection === "connecting" && (
        <p class="loading" role="status">
          Asking how far it is…
        </p>
      )}
      {connection === "lost" && (
        <Notice severity="warning">
          The connection was lost; it is being made again. The task goes on meanwhile.
        </Notice>
      )}
      {waiting.length > 0 && (
        <p>
          It waits for{" "}
          {waiting.map((one, at) => (
            <span key={one}>
              {at > 0 && ", "}
              <Name text={one} />
            </span>
          ))}
          .
        </p>
      )}
      {shown.map((name) => (
        <Part key={name} name={name} of={progress.get(name)} />
      ))}
    </>
  );
}

function Part({ name, of }: { readonly name: string; readonly of: Progress | undefined }) {
  const share = Math.round((of?.done ?? 0) * 100);
  return (
    <div class="part">
      <span class="part-name">
        <Name text={name} />
      </span>
      <span
        class="bar-track"
        role="progressbar"
        aria-label={name}
        aria-valuenow={share}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span class={`bar-fill ${of?.state ?? "starting"}`} style={{ width: `${share}%` }} />
      </span>
      <span class="part-text faint">{of === undefined ? "not begun" : partText(of)}</span>
    </div>
  );
}

function partText({ state, bytes, counts, retries, remark, goesOnInSeconds }: Progress): string {
  const [largest] = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return [
    state,
    ...(largest === undefined ? [] : [`${largest[1].toLocaleString("en")} ${largest[0]}`]),
    ...(bytes > 0 ? [formatBytes(bytes)] : []),
    ...(retries > 0 ? [counted(retries, "retry", "retries")] : []),
    ...(goesOnInSeconds === undefined ? [] : [`goes on in ${spanText(goesOnInSeconds)}`]),
    ...(remark === undefined ? [] : [remark]),
  ].join(", ");
}

/** How long something took, or has taken so far. */
export function Took({ from, to }: { readonly from: string | undefined; readonly to: string | undefined }) {
  if (from === undefined) return null;
  const seconds = ((to === undefined ? now.value : Date.parse(to)) - Date.parse(from)) / 1_000;
  return <>{seconds < 60 ? `${Math.max(0, seconds).toFixed(1)} s` : spanText(seconds)}</>;
}
