import type { Answer } from "../../api/answer.ts";
import type { DrillList, Schedule, SnapshotList } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";
import { Time } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";
import { LastProved } from "./proved.tsx";
import { type Holding, promises } from "./standing.ts";
import { Tile } from "./tile.tsx";

/** The four answers that a tired person looks for. */
export function Tiles({
  list,
  schedules,
  holdings,
  drills,
  isAsking,
}: {
  readonly list: SnapshotList;
  readonly schedules: readonly Schedule[];
  readonly holdings: readonly Holding[];
  readonly drills: Answer<DrillList>;
  /** The servers have not said yet what they hold. */
  readonly isAsking: boolean;
}) {
  return (
    <div class="tiles">
      <LastSaved list={list} />
      <NextRun schedules={schedules} />
      <NextLost holdings={holdings} isAsking={isAsking} />
      <LastProved drills={drills} backends={holdings.map(({ backend }) => backend)} />
    </div>
  );
}

function LastSaved({ list }: { readonly list: SnapshotList }) {
  const newest = list.snapshots.findLast(({ status }) => status === "complete");
  if (newest === undefined) return <Tile title="Last saved">never</Tile>;
  return (
    <Tile
      title="Last saved"
      below={
        <>
          <a href={href("/snapshots/:name", { name: newest.name })}>
            <Name text={newest.name} />
          </a>
          , complete
        </>
      }
    >
      <Time at={newest.created} form="ago" />
    </Tile>
  );
}

function NextRun({ schedules }: { readonly schedules: readonly Schedule[] }) {
  const planned = promises(schedules).filter(({ next }) => next !== undefined);
  const [first] = planned.sort((a, b) => Date.parse(a.next ?? "") - Date.parse(b.next ?? ""));
  if (first?.next === undefined)
    return (
      <Tile title="Saves next" below={<a href="/schedules">Schedules</a>}>
        no schedule
      </Tile>
    );
  return (
    <Tile
      title="Saves next"
      below={
        <>
          <a href="/schedules">
            <Name text={first.name} />
          </a>
          , <code>{first.cron}</code> in {first.zone}
        </>
      }
    >
      <Time at={first.next} form="ago" />
    </Tile>
  );
}

function NextLost({
  holdings,
  isAsking,
}: {
  readonly holdings: readonly Holding[];
  readonly isAsking: boolean;
}) {
  const ending = holdings.filter(({ losesAt }) => losesAt !== undefined);
  const [first] = ending.sort((a, b) => (a.losesAt ?? 0) - (b.losesAt ?? 0));
  if (first?.losesAt === undefined)
    return (
      <Tile title="Lost next, unless saved" below={isAsking ? "The servers are being asked." : undefined}>
        {isAsking ? "…" : "nothing expires"}
      </Tile>
    );
  return (
    <Tile
      title="Lost next, unless saved"
      below={<Name text={`${first.backend}: its server deletes by age`} />}
    >
      <Time at={new Date(first.losesAt).toISOString()} form="ago" />
    </Tile>
  );
}
