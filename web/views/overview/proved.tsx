import { type Answer, useAnswer } from "../../api/answer.ts";
import type { DrillList } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";
import { Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";
import { type Drilled, proofsOf } from "./drilled.ts";
import { Tile } from "./tile.tsx";

const PROVED = "Last proved restorable";
const REHEARSED = "Last rehearsed, not proved";

/** A stack is proved as far as the backend is whose proof is the oldest. */
export function LastProved({
  drills: { value, problem },
  backends,
}: {
  readonly drills: Answer<DrillList>;
  readonly backends: readonly string[];
}) {
  if (value === undefined)
    return (
      <Tile title={PROVED} below={problem === undefined ? "The drills are being read." : undefined}>
        {problem === undefined ? "…" : "unknown"}
      </Tile>
    );
  const { proved, rehearsed, without } = proofsOf(value.drills, backends);
  const unproved = [...rehearsed.map(({ backend }) => backend), ...without].sort();
  if (proved[0] !== undefined)
    return <Shown title={PROVED} oldest={proved[0]} count={proved.length} without={unproved} />;
  if (rehearsed[0] !== undefined)
    return <Shown title={REHEARSED} oldest={rehearsed[0]} count={rehearsed.length} without={without} />;
  return <Never />;
}

interface ShownProps {
  readonly title: string;
  readonly oldest: Drilled;
  /** How many backends it is so of. */
  readonly count: number;
  readonly without: readonly string[];
}

function Shown({ title, oldest: { name, began, backend, verdict }, count, without }: ShownProps) {
  const all = count + without.length;
  return (
    <Tile
      title={title}
      below={
        <>
          <a href={href("/drills/:name", { name })}>A drill</a> restored{" "}
          {all === 1 ? "it" : <Name text={backend} />} and compared
          {verdict === "rehearsed" && ", into look-alikes of its servers"}
          {count > 1 && `; ${without.length === 0 ? "all" : count} of ${all} backends since then`}.
          <Without names={without} />
        </>
      }
    >
      <Time at={new Date(began).toISOString()} form="ago" />
    </Tile>
  );
}

/** More are no help in a tile. */
const NAMED_MAX = 4;

const Without = ({ names }: { readonly names: readonly string[] }) =>
  names.length === 0 ? null : (
    <>
      {" "}
      Not so: <Name text={names.slice(0, NAMED_MAX).join(", ")} />
      {names.length > NAMED_MAX && ` and ${names.length - NAMED_MAX} more`}.
    </>
  );

function Never() {
  const tasks = useAnswer("/api/v1/tasks?kind=verify&limit=20").value?.tasks ?? [];
  const verified = tasks.find(({ outcome }) => outcome === "success");
  if (verified?.ended === undefined)
    return (
      <Tile title={PROVED} below={<a href="/drills">A drill restores it, and compares.</a>}>
        never
      </Tile>
    );
  return (
    <Tile
      title={PROVED}
      below={
        <>
          <a href={href("/tasks/:id", { id: verified.id })}>Read back</a>{" "}
          <Time at={verified.ended} form="ago" />; <a href="/drills">a drill restores it as well</a>.
        </>
      }
    >
      never
    </Tile>
  );
}
