import { counted } from "../../src/units/words.ts";
import { useAnswer } from "../api/answer.ts";
import { address } from "../routing/address.ts";
import { NAVIGATION, viewAt } from "./views.ts";

/** How often it is looked which tasks are open, seconds. */
const EVERY_SECONDS = 10;

/** The ways to all views. */
export function Navigation() {
  const under = viewAt(address.value.path)?.view.under;
  return (
    <nav class="navigation" aria-label="Views">
      <ul>
        {NAVIGATION.map(({ path, name }) => (
          <li key={path}>
            <a href={path} {...(path === under ? { "aria-current": "page" } : {})}>
              {name}
            </a>
            {path === "/tasks" && <OpenTasks />}
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** How many tasks are going on: one of them may wait for somebody's agreement, and only for ten minutes. */
function OpenTasks() {
  const newest = useAnswer("/api/v1/tasks?limit=50", EVERY_SECONDS);
  const open = newest.value?.tasks.filter(({ state }) => state !== "ended") ?? [];
  if (open.length === 0) return null;
  const waiting = open.filter(({ state }) => state === "awaiting").length;
  const text = `${counted(open.length, "task")} open${waiting > 0 ? `, ${waiting} waiting for agreement` : ""}`;
  return (
    <span class="badge" title={text}>
      <span aria-hidden="true">{open.length}</span>
      <span class="unseen">{text}</span>
    </span>
  );
}
