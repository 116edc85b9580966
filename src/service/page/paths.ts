/** Every address that shows something on the page: the service answers them with its shell, and the page has a view for each. */
export const PAGE_PATHS = [
  "/",
  "/snapshots",
  "/snapshots/:name",
  "/snapshots/:name/diff/:with",
  "/tasks",
  "/tasks/new/:kind",
  "/tasks/:id",
  "/schedules",
  "/drills",
  "/drills/:name",
  "/audit",
  "/audit/:id",
  "/activity",
  "/activity/:id",
  "/admin/dedalus/logs",
] as const;

/** One of {@link PAGE_PATHS}. */
export type PagePath = (typeof PAGE_PATHS)[number];
