import { useState } from "preact/hooks";
import { visible } from "../../../src/units/visible.ts";
import { counted } from "../../../src/units/words.ts";
import { useAnswer } from "../../api/answer.ts";
import { send } from "../../api/ask.ts";
import { Problem, problemOf } from "../../api/problem.ts";
import type { ListedSnapshot } from "../../api/shapes.ts";
import { ProblemNotice } from "../../parts/problem.tsx";
import { startTask, useAllowed } from "../../parts/start-task.tsx";
import { go, href } from "../../routing/address.ts";

type Named = Pick<ListedSnapshot, "name" | "here">;

interface ChosenProps {
  readonly snapshots: readonly Named[];
  /** The place that they were found in. */
  readonly place?: string | undefined;
  readonly clear?: () => void;
}

/** What can be done with the snapshots that were chosen. */
export function Chosen({ snapshots, place, clear }: ChosenProps) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  if (snapshots.length === 0) return null;
  const names = snapshots.map(({ name }) => (place === undefined ? name : `${place}:${name}`));
  const act = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    await work().catch((error: unknown) => setProblem(problemOf(error)));
    setBusy(false);
  };
  return (
    <fieldset class="chosen" aria-label="What to do with what is chosen">
      {clear !== undefined && <span>{counted(snapshots.length, "snapshot")} chosen</span>}
      <Action
        kind="verify"
        label="Verify"
        isBusy={isBusy}
        onClick={() => void act(() => eachAlone("verify", names))}
      />
      {place === undefined && <CopyTo names={names} isBusy={isBusy} act={act} />}
      <Action
        kind="restore"
        label={names.length === 1 ? "Plan a restore" : "Plan their restores"}
        isBusy={isBusy}
        onClick={() => void act(() => planRestores(names))}
      />
      {snapshots.length === 2 && place === undefined && (
        <a
          class="button"
          href={href("/snapshots/:name/diff/:with", { name: names[1] ?? "", with: names[0] ?? "" })}
        >
          Compare
        </a>
      )}
      {clear !== undefined && (
        <button type="button" class="quiet" onClick={clear}>
          Choose none
        </button>
      )}
      {problem !== undefined && <ProblemNotice problem={problem} />}
    </fieldset>
  );
}

/** One leads to its task, several to the list of them. */
async function eachAlone(kind: string, names: readonly string[], isPlanFirst = false): Promise<void> {
  const [only, second] = names;
  if (only !== undefined && second === undefined) return startTask(kind, { snapshot: only }, isPlanFirst);
  for (const [begun, snapshot] of names.entries())
    await send("/api/v1/tasks", { kind, params: { snapshot }, ...(isPlanFirst ? { plan: true } : {}) }).catch(
      (error: unknown) => {
        throw begun === 0 ? error : partlyBegun(begun, names, problemOf(error));
      },
    );
  go("/tasks");
}

/** Not all of them were begun: what the reader begins again would run twice. */
const partlyBegun = (
  begun: number,
  names: readonly string[],
  { status, message, request }: Problem,
): Problem =>
  new Problem(
    status,
    `${begun} of ${names.length} were begun, and then: ${message}`,
    `begin again with ${names[begun]}`,
    request,
  );

/** Of one, the reader first says what of it; of several everything is planned. */
async function planRestores(names: readonly string[]): Promise<void> {
  const [only, second] = names;
  if (only !== undefined && second === undefined)
    return go(href("/tasks/new/:kind", { kind: "restore" }, { snapshot: only }));
  return eachAlone("restore", names, true);
}

interface ActionProps {
  readonly kind: string;
  readonly label: string;
  readonly isBusy: boolean;
  readonly onClick: () => void;
}

function Action({ kind, label, isBusy, onClick }: ActionProps) {
  const isAllowed = useAllowed(kind);
  return (
    <button
      type="button"
      disabled={isBusy || !isAllowed}
      title={isAllowed ? undefined : `Your role may not run ${kind}`}
      onClick={onClick}
    >
      {label}
    </button>
  );
}

interface CopyToProps {
  readonly names: readonly string[];
  readonly isBusy: boolean;
  readonly act: (work: () => Promise<void>) => Promise<void>;
}

function CopyTo({ names, isBusy, act }: CopyToProps) {
  const places = useAnswer("/api/v1/places").value?.places ?? [];
  return places.map(({ place }) => (
    <Action
      key={place}
      kind="copy"
      label={`Copy to ${visible(place)}`}
      isBusy={isBusy}
      onClick={() => void act(() => startTask("copy", { snapshot: names, to: place }))}
    />
  ));
}
