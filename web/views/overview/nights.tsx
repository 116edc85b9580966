import { useEffect, useMemo, useRef } from "preact/hooks";
import { counted } from "../../../src/units/words.ts";
import type { ListedSnapshot } from "../../api/shapes.ts";
import { Panel } from "../../parts/panel.tsx";
import { dayText, now } from "../../parts/time.tsx";
import { href } from "../../routing/address.ts";

/** Half a year. */
const WEEKS = 26;
const DAYS = 7;

type Status = ListedSnapshot["status"] | "none" | "before" | "today" | "ahead";

interface Day {
  /** Its beginning in the reader's zone, ms. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly status: Status;
}

/** A calendar: what was saved on which day, in the reader's zone. */
export function Nights({ snapshots }: { readonly snapshots: readonly ListedSnapshot[] }) {
  const today = new Date(now.value).toDateString();
  const weeks = useMemo(() => weeksOf(snapshots, new Date(today)), [snapshots, today]);
  const last = weeks.flat().findLast(({ count }) => count > 0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The newest ones are on the right, and a phone has no room for all.
    if (box.current !== null) box.current.scrollLeft = box.current.scrollWidth;
  }, []);
  return (
    <Panel title="Nights" aside="what was saved on each day">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows go from day to day, and the days are links */}
      <div
        class="nights"
        ref={box}
        tabIndex={last === undefined ? 0 : -1}
        onKeyDown={(event) => step(event, box.current)}
      >
        {weeks.map((week) => (
          <ol key={week[0]?.from} class="week">
            {week.map((day) => (
              <li key={day.from}>
                <DayCell day={day} isLast={day.from === last?.from} />
              </li>
            ))}
          </ol>
        ))}
      </div>
      <p class="legend faint">
        <span>
          <i class="day complete" /> complete
        </span>
        <span>
          <i class="day partial" /> partial
        </span>
        <span>
          <i class="day failed" /> failed
        </span>
        <span>
          <i class="day none" /> nothing saved
        </span>
      </p>
    </Panel>
  );
}

const WORDS: Readonly<Record<Status, string>> = {
  complete: "complete",
  partial: "partial",
  failed: "failed",
  none: "nothing was saved",
  before: "before the first snapshot",
  today: "nothing is saved yet",
  ahead: "",
};

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  ArrowLeft: -DAYS,
  ArrowRight: DAYS,
};

/** From one day with snapshots to the next: all of them are one stop of the Tab key. */
function step(event: KeyboardEvent, box: HTMLElement | null): void {
  const steps = STEPS[event.key];
  if (steps === undefined || box === null) return;
  event.preventDefault();
  const all = [...box.querySelectorAll("li")];
  const present = all.findIndex((one) => one.contains(document.activeElement));
  for (let at = present + steps; at >= 0 && at < all.length; at += steps) {
    const link = all[at]?.querySelector("a");
    link?.focus();
    if (link != null) return;
  }
}

function DayCell({
  day: { from, to, count, status },
  isLast,
}: {
  readonly day: Day;
  readonly isLast: boolean;
}) {
  if (status === "ahead") return <span class="day ahead" />;
  const text = `${dayText(from)}: ${count > 0 ? `${counted(count, "snapshot")}, ` : ""}${WORDS[status]}`;
  if (count === 0)
    return (
      <span class={`day ${status}`} title={text}>
        <span class="unseen">{text}</span>
      </span>
    );
  const query = { of: "made", from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  return (
    <a class={`day ${status}`} title={text} tabIndex={isLast ? 0 : -1} href={href("/snapshots", {}, query)}>
      <span class="unseen">{text}</span>
    </a>
  );
}

/** Mondays first; the present week is the last one. */
function weeksOf(snapshots: readonly ListedSnapshot[], today: Date): Day[][] {
  const byDay = Map.groupBy(snapshots, ({ created }) => new Date(created).toDateString());
  const first = Date.parse(snapshots[0]?.created ?? today.toISOString());
  const monday = new Date(today);
  monday.setDate(today.getDate() - ((today.getDay() + 6) % DAYS) - (WEEKS - 1) * DAYS);
  return Array.from({ length: WEEKS }, (_, week) =>
    Array.from({ length: DAYS }, (_, number) => {
      const begins = new Date(monday);
      begins.setDate(monday.getDate() + week * DAYS + number);
      const ends = new Date(begins);
      ends.setDate(begins.getDate() + 1);
      const found = byDay.get(begins.toDateString()) ?? [];
      const at = { from: begins.getTime(), to: ends.getTime() };
      return { ...at, count: found.length, status: statusOf(found, at, { first, today: today.getTime() }) };
    }),
  );
}

function statusOf(
  found: readonly ListedSnapshot[],
  { from, to }: { readonly from: number; readonly to: number },
  { first, today }: { readonly first: number; readonly today: number },
): Status {
  if (from > today) return "ahead";
  // The best of a day counts: what was made up for is not missing.
  for (const status of ["complete", "partial", "failed"] as const)
    if (found.some((one) => one.status === status)) return status;
  // The present day is not over.
  if (from === today) return "today";
  return to <= first ? "before" : "none";
}
