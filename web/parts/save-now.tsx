import { useAnswer } from "../api/answer.ts";
import type { Schedule } from "../api/shapes.ts";
import { Name } from "./name.tsx";
import { StartButton } from "./start-task.tsx";

/** "Save now", the same wherever it stands, and what it saves. */
export function SaveNow() {
  const list = useAnswer("/api/v1/snapshots");
  const schedules = useAnswer("/api/v1/schedules");
  const isReady = [list, schedules].every(({ value, problem }) => (value ?? problem) !== undefined);
  const { params, about } = saving(schedules.value?.schedules ?? [], list.value?.snapshots.length ?? 1);
  return (
    <>
      {isReady && (
        <span class="faint">
          <Name text={about} />
        </span>
      )}
      <StartButton kind="export" params={params} label="Save now" isReady={isReady} isPrimary />
    </>
  );
}

/** As the first schedule does that saves all backends; else what is new; else everything. */
function saving(
  schedules: readonly Schedule[],
  kept: number,
): { readonly params: Readonly<Record<string, unknown>>; readonly about: string } {
  const nightly = schedules.find(({ task, params }) => task === "export" && isOfAll(params));
  if (nightly !== undefined)
    return { params: nightly.params, about: `as the schedule “${nightly.name}” does` };
  if (kept > 0)
    return { params: { "since-last": true }, about: "what is new since the newest snapshot of each backend" };
  return { params: { all: true }, about: "everything that the servers have" };
}

/** It names no backends, and no part of their data. */
const isOfAll = ({ plugin, match }: Schedule["params"]): boolean =>
  [plugin ?? []].flat().length === 0 && match === undefined;
