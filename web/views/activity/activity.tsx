import { Follow } from "../../parts/older.tsx";
import { ViewHead } from "../../parts/panel.tsx";
import { asked, href } from "../../routing/address.ts";
import type { ViewProps } from "../../routing/view-props.ts";
import { Conversation } from "./conversation.tsx";
import { RunList } from "./list.tsx";
import { Purge } from "./purge.tsx";
import { RunPanel } from "./run.tsx";
import { Stats } from "./stats.tsx";

const SHOWS = [
  { show: "", title: "Runs" },
  { show: "stats", title: "Statistics" },
  { show: "purge", title: "Keeping" },
] as const;

/** What LLM agents asked and did: the runs, one of them, a conversation, statistics, and how long all that is kept. */
export default function ActivityView({ params: { id } }: ViewProps) {
  const show = asked("show");
  if (id !== undefined)
    return (
      <>
        <ViewHead title="Run">
          <a href="/activity">All runs</a>
        </ViewHead>
        <RunPanel id={id} />
      </>
    );
  return (
    <>
      <ViewHead title="Activity">
        {show === "" && <Follow />}
        <nav class="tabs" aria-label="Of activity">
          {SHOWS.map((one) => (
            <a
              key={one.show}
              class="button"
              href={href("/activity", {}, { show: one.show })}
              {...(show === one.show ? { "aria-current": "page" } : {})}
            >
              {one.title}
            </a>
          ))}
        </nav>
      </ViewHead>
      {show === "stats" ? (
        <Stats />
      ) : show === "purge" ? (
        <Purge />
      ) : show === "conversation" ? (
        <Conversation id={asked("conversation")} />
      ) : (
        <RunList />
      )}
    </>
  );
}
