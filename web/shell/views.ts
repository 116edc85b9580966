/** Which view each address shows. A new view is a path in `src/service/page/paths.ts` and a row here. */
import type { ComponentType } from "preact";
import { PAGE_PATHS, type PagePath } from "../../src/service/page/paths.ts";
import type { ViewProps } from "../routing/view-props.ts";

/** A view, loaded when it is first shown. */
interface View {
  readonly title: string;
  /** The point of the navigation that it belongs to. */
  readonly under: string;
  load(): Promise<{ readonly default: ComponentType<ViewProps> }>;
}

/** By address. */
const VIEWS: Readonly<Record<PagePath, View>> = {
  "/": {
    title: "Overview",
    under: "/",
    load: () => import("../views/overview/overview.tsx"),
  },
  "/snapshots": {
    title: "Snapshots",
    under: "/snapshots",
    load: () => import("../views/snapshots/snapshots.tsx"),
  },
  "/snapshots/:name": {
    title: "Snapshot",
    under: "/snapshots",
    load: () => import("../views/snapshots/snapshots.tsx"),
  },
  "/snapshots/:name/diff/:with": {
    title: "Difference",
    under: "/snapshots",
    load: () => import("../views/snapshots/snapshots.tsx"),
  },
  "/tasks": { title: "Tasks", under: "/tasks", load: () => import("../views/tasks/tasks.tsx") },
  "/tasks/new/:kind": {
    title: "New task",
    under: "/tasks",
    load: () => import("../views/tasks/new-task.tsx"),
  },
  "/tasks/:id": { title: "Task", under: "/tasks", load: () => import("../views/tasks/task.tsx") },
  "/schedules": {
    title: "Schedules",
    under: "/schedules",
    load: () => import("../views/tasks/schedules.tsx"),
  },
  "/drills": { title: "Drills", under: "/drills", load: () => import("../views/drills/drills.tsx") },
  "/drills/:name": { title: "Drill", under: "/drills", load: () => import("../views/drills/drill.tsx") },
  "/audit": { title: "Audit", under: "/audit", load: () => import("../views/audit/audit.tsx") },
  "/audit/:id": { title: "Event", under: "/audit", load: () => import("../views/audit/audit.tsx") },
  "/activity": {
    title: "Activity",
    under: "/activity",
    load: () => import("../views/activity/activity.tsx"),
  },
  "/admin/dedalus/logs": {
    title: "Activity",
    under: "/activity",
    load: () => import("../views/activity/activity.tsx"),
  },
  "/activity/:id": {
    title: "Run",
    under: "/activity",
    load: () => import("../views/activity/activity.tsx"),
  },
};

/** The points of the navigation, in their order. */
export const NAVIGATION: readonly { readonly path: PagePath; readonly name: string }[] = [
  { path: "/", name: "Overview" },
  { path: "/snapshots", name: "Snapshots" },
  { path: "/tasks", name: "Tasks" },
  { path: "/schedules", name: "Schedules" },
  { path: "/drills", name: "Drills" },
  { path: "/audit", name: "Audit" },
  { path: "/activity", name: "Activity" },
];

/** A view with the names in its address. */
export interface Found {
  readonly view: View;
  readonly path: PagePath;
  readonly params: Readonly<Record<string, string>>;
}

/** The view of an address. A word that stands in a pattern is meant rather than one that may be any. */
export function viewAt(path: string): Found | undefined {
  const parts = path.split("/");
  const fitting = PAGE_PATHS.flatMap((pattern) => {
    const params = matched(pattern.split("/"), parts);
    return params === undefined ? [] : [{ view: VIEWS[pattern], path: pattern, params }];
  });
  return fitting.sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length)[0];
}

function matched(
  pattern: readonly string[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, word] of pattern.entries()) {
    const part = parts[at] ?? "";
    if (!word.startsWith(":")) {
      if (word !== part) return undefined;
    } else if (part === "") return undefined;
    else params[word.slice(1)] = decodeURIComponent(part);
  }
  return params;
}
