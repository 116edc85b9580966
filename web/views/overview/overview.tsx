import { useMemo } from "preact/hooks";
import { type Answer, useAnswer } from "../../api/answer.ts";
import type { DrillList, Inventory, Schedule, SnapshotList } from "../../api/shapes.ts";
import { Loading } from "../../parts/loading.tsx";
import { Name } from "../../parts/name.tsx";
import { Panel, ViewHead } from "../../parts/panel.tsx";
import { Notice } from "../../parts/problem.tsx";
import { SaveNow } from "../../parts/save-now.tsx";
import { now } from "../../parts/time.tsx";
import { Backends } from "./backends.tsx";
import { type Finding, verdictOf } from "./finding.ts";
import { Nights } from "./nights.tsx";
import { Sizes } from "./sizes.tsx";
import { findingsOf, holdingsOf } from "./standing.ts";
import { Tiles } from "./tiles.tsx";
import { Timelines } from "./timelines.tsx";

/** How often it is looked again, seconds: of our own files, and of what asks the servers. */
const OWN_SECONDS = 30;
const DRILLS_SECONDS = 60;
const SERVERS_SECONDS = 300;

/** Whether everything is saved, since when not, what is lost next, and when a restore was last proved. */
export default function OverviewView() {
  const list = useAnswer("/api/v1/snapshots", OWN_SECONDS);
  const schedules = useAnswer("/api/v1/schedules", OWN_SECONDS);
  const inventory = useAnswer("/api/v1/inventory", SERVERS_SECONDS);
  const drills = useAnswer("/api/v1/drills?limit=100", DRILLS_SECONDS);
  return (
    <>
      <ViewHead title="Overview">
        <SaveNow />
      </ViewHead>
      <Loading of={list}>
        {(value) => (
          <Loading of={schedules}>
            {({ schedules: all }) => (
              <Standing list={value} schedules={all} inventory={inventory.value} drills={drills} />
            )}
          </Loading>
        )}
      </Loading>
      <Loading of={inventory} what="Asking the servers what they hold">
        {() => null}
      </Loading>
      <Loading of={drills} what="Reading the drills">
        {() => null}
      </Loading>
    </>
  );
}

interface StandingProps {
  readonly list: SnapshotList;
  readonly schedules: readonly Schedule[];
  readonly inventory: Inventory | undefined;
  readonly drills: Answer<DrillList>;
}

function Standing({ list, schedules, inventory, drills }: StandingProps) {
  const present = now.value;
  const { holdings, findings } = useMemo(() => {
    const known = { list, schedules, inventory, drills: drills.value?.drills, now: present };
    const found = holdingsOf(known);
    return { holdings: found, findings: findingsOf(known, found) };
  }, [list, schedules, inventory, drills.value, present]);
  const isKnown = inventory?.backends.every(({ state }) => state === "reached") ?? false;
  return (
    <>
      <Verdict findings={findings} isKnown={isKnown} />
      <Tiles
        list={list}
        schedules={schedules}
        holdings={holdings}
        drills={drills}
        isAsking={inventory === undefined}
      />
      <div class="panels">
        <Backends holdings={holdings} />
        <Timelines coverage={list.coverage} />
        <Nights snapshots={list.snapshots} />
        <Panel title="Sizes" aside="of each snapshot, as it is stored">
          <Sizes snapshots={list.snapshots} />
        </Panel>
      </div>
    </>
  );
}

/** How many findings are listed; a stack with many backends has many. */
const LISTED_MAX = 12;

interface VerdictProps {
  readonly findings: readonly Finding[];
  readonly isKnown: boolean;
}

function Verdict({ findings, isKnown }: VerdictProps) {
  const { severity, text } = verdictOf(findings, isKnown);
  const shown = findings.slice(0, LISTED_MAX);
  return (
    <section class="verdict" aria-label="Verdict">
      <Notice severity={severity}>
        <p class="verdict-text">{text}</p>
        {shown.length > 0 && (
          <ul>
            {shown.map((finding) => (
              <li key={`${finding.subject} ${finding.text}`} class={`finding ${finding.severity}`}>
                {finding.subject !== undefined && (
                  <strong>
                    <Name text={finding.subject} />{" "}
                  </strong>
                )}
                <Name text={finding.text} />
                {finding.href !== undefined && (
                  <>
                    {" "}
                    <a href={finding.href} aria-label={`Look at it: ${finding.subject ?? finding.text}`}>
                      Look at it
                    </a>
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
        {findings.length > shown.length && <p>… and {findings.length - shown.length} more.</p>}
      </Notice>
    </section>
  );
}
